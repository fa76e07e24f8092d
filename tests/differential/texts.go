// Kubernetes' own parser of label selectors, asked over pipes.
package main

import "k8s.io/apimachinery/pkg/labels"

type testCase struct {
	Text   string       `json:"text"`
	Labels []labels.Set `json:"labels"`
}

// A requirement is written as a list: key, operator, sorted values.
type requirement [3]any

type verdict struct {
	Accepted     bool          `json:"accepted"`
	Canonical    string        `json:"canonical"`
	Requirements []requirement `json:"requirements"`
	Matches      []bool        `json:"matches"`
}

func judge(c testCase) verdict {
	v := verdict{Requirements: []requirement{}, Matches: []bool{}}
	selector, err := labels.Parse(c.Text)
	if err != nil {
		return v
	}
	v.Accepted = true
	v.Canonical = selector.String()
	requirements, _ := selector.Requirements()
	for _, r := range requirements {
		v.Requirements = append(v.Requirements, requirement{r.Key(), r.Operator(), r.Values().List()})
	}
	for _, set := range c.Labels {
		v.Matches = append(v.Matches, selector.Matches(set))
	}
	return v
}

func main() {
	serve(judge)
}
