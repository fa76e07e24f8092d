// Kubernetes' own parser of label selectors, asked over pipes.
//
// Each line of standard input is a JSON list of cases. For each line one line is written, the JSON
// list of their verdicts.
package main

import (
	"bufio"
	"encoding/json"
	"io"
	"log"
	"os"

	"k8s.io/apimachinery/pkg/labels"
)

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
	input := bufio.NewReader(os.Stdin)
	output := json.NewEncoder(os.Stdout)
	for {
		line, err := input.ReadBytes('\n')
		if err == io.EOF {
			return
		}
		if err != nil {
			log.Fatal(err)
		}
		var cases []testCase
		if err := json.Unmarshal(line, &cases); err != nil {
			log.Fatal(err)
		}
		verdicts := make([]verdict, 0, len(cases))
		for _, c := range cases {
			verdicts = append(verdicts, judge(c))
		}
		if err := output.Encode(verdicts); err != nil {
			log.Fatal(err)
		}
	}
}
