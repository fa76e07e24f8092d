// What Kubernetes makes of the objects that select nodes, asked over pipes.
package main

import (
	"encoding/json"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
	kjson "sigs.k8s.io/json"
)

type node struct {
	Name   string     `json:"name"`
	Labels labels.Set `json:"labels"`
}

// One of the two is an object, the other is absent. (An object may be null.)
type testCase struct {
	LabelSelector json.RawMessage `json:"label_selector"`
	PodSpec       json.RawMessage `json:"pod_spec"`
	Nodes         []node          `json:"nodes"`
}

type verdict struct {
	Accepted bool   `json:"accepted"`
	Matches  []bool `json:"matches"`
}

func judge(c testCase) verdict {
	matches := matcherOfPod
	object := c.PodSpec
	if object == nil {
		matches, object = matcherOfLabels, c.LabelSelector
	}
	v := verdict{Matches: []bool{}}
	match, ok := matches(object)
	if !ok {
		return v
	}
	v.Accepted = true
	for _, n := range c.Nodes {
		v.Matches = append(v.Matches, match(n))
	}
	return v
}

type matcher func(node) bool

func matcherOfLabels(object []byte) (matcher, bool) {
	var labelSelector *metav1.LabelSelector
	if !decode(object, &labelSelector) {
		return nil, false
	}
	selector, err := metav1.LabelSelectorAsSelector(labelSelector)
	return func(n node) bool { return selector.Matches(n.Labels) }, err == nil
}

func matcherOfPod(object []byte) (matcher, bool) {
	var spec corev1.PodSpec
	if !decode(object, &spec) || !valid(&spec) {
		return nil, false
	}
	required := nodeaffinity.GetRequiredNodeAffinity(&corev1.Pod{Spec: spec})
	return func(n node) bool {
		if spec.NodeName != "" && spec.NodeName != n.Name {
			return false
		}
		ok, _ := required.Match(&corev1.Node{
			ObjectMeta: metav1.ObjectMeta{Name: n.Name, Labels: n.Labels},
		})
		return ok
	}, true
}

// valid does what the API server does before it stores a pod; its own code is not a library.
func valid(spec *corev1.PodSpec) bool {
	if _, err := labels.ValidatedSelectorFromSet(spec.NodeSelector); err != nil {
		return false
	}
	if spec.NodeName != "" && len(validation.IsDNS1123Subdomain(spec.NodeName)) > 0 {
		return false
	}
	if spec.Affinity == nil || spec.Affinity.NodeAffinity == nil {
		return true
	}
	required := spec.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution
	if required == nil {
		return true
	}
	for _, term := range required.NodeSelectorTerms {
		for _, field := range term.MatchFields {
			if field.Key != metav1.ObjectNameField {
				return false
			}
			for _, name := range field.Values {
				if len(validation.IsDNS1123Subdomain(name)) > 0 {
					return false
				}
			}
		}
	}
	_, err := nodeaffinity.NewNodeSelector(required)
	return err == nil && len(required.NodeSelectorTerms) > 0
}

// decode is strict, as kubectl is by default: it refuses unknown fields.
func decode(object []byte, into any) bool {
	strictErrors, err := kjson.UnmarshalStrict(object, into)
	return err == nil && len(strictErrors) == 0
}

func main() {
	serve(judge)
}
