// What Kubernetes makes of pods that are to be scheduled, asked over pipes.
package main

import (
	"encoding/json"
	"math"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"
	helpers "k8s.io/component-helpers/resource"
	scheduling "k8s.io/component-helpers/scheduling/corev1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
	kjson "sigs.k8s.io/json"
)

type testCase struct {
	Kind       string          `json:"kind"`
	Spec       json.RawMessage `json:"spec"`
	Nodes      []nodeWithPods  `json:"nodes"`
	Quantities []string        `json:"quantities"`
}

type nodeWithPods struct {
	Node corev1.Node  `json:"node"`
	Pods []corev1.Pod `json:"pods"`
}

type verdict struct {
	Accepted   bool             `json:"accepted"`
	Requests   map[string]int64 `json:"requests"`
	Nodes      []nodeVerdict    `json:"nodes"`
	Quantities []quantity       `json:"quantities"`
}

// nodeVerdict says of each filter whether the node passes; of NodeResourcesFit, what is insufficient.
type nodeVerdict struct {
	Name         bool     `json:"name"`
	Cordon       bool     `json:"cordon"`
	Affinity     bool     `json:"affinity"`
	Taints       bool     `json:"taints"`
	Insufficient []string `json:"insufficient"`
}

// A quantity is null if it is invalid, negative, or overflows.
type quantity struct {
	Value *int64 `json:"value"`
	Milli *int64 `json:"milli"`
}

func judge(c testCase) verdict {
	v := verdict{Requests: map[string]int64{}, Nodes: []nodeVerdict{}, Quantities: []quantity{}}
	for _, text := range c.Quantities {
		v.Quantities = append(v.Quantities, judgeQuantity(text))
	}
	pod := &corev1.Pod{}
	strictErrors, err := kjson.UnmarshalStrict(c.Spec, &pod.Spec)
	if err != nil || len(strictErrors) > 0 || !valid(&pod.Spec) {
		return v
	}
	v.Accepted = true
	setDefaults(&pod.Spec)
	if c.Kind == "DaemonSet" {
		addDaemonSetTolerations(&pod.Spec)
	}
	v.Requests = requests(pod)
	affinity := nodeaffinity.GetRequiredNodeAffinity(pod)
	for _, n := range c.Nodes {
		v.Nodes = append(v.Nodes, filter(pod, v.Requests, affinity, n))
	}
	return v
}

func judgeQuantity(text string) quantity {
	q, err := resource.ParseQuantity(text)
	judged := quantity{}
	if err != nil || q.Sign() < 0 {
		return judged
	}
	if q.CmpInt64(math.MaxInt64) <= 0 {
		value := q.Value()
		judged.Value = &value
	}
	if q.Cmp(*resource.NewMilliQuantity(math.MaxInt64, resource.DecimalSI)) <= 0 {
		milli := q.MilliValue()
		judged.Milli = &milli
	}
	return judged
}

// filter does what the filters of kube-scheduler do, which are not a library: NodeName,
// NodeUnschedulable, NodeAffinity, TaintToleration and NodeResourcesFit.
func filter(
	pod *corev1.Pod, wanted map[string]int64, affinity nodeaffinity.RequiredNodeAffinity, n nodeWithPods,
) nodeVerdict {
	node := &n.Node
	cordon := &corev1.Taint{Key: corev1.TaintNodeUnschedulable, Effect: corev1.TaintEffectNoSchedule}
	matches, _ := affinity.Match(node)
	_, isUntolerated := scheduling.FindMatchingUntoleratedTaint(
		node.Spec.Taints, pod.Spec.Tolerations, func(taint *corev1.Taint) bool {
			return taint.Effect == corev1.TaintEffectNoSchedule || taint.Effect == corev1.TaintEffectNoExecute
		},
	)
	free := map[string]int64{}
	for name, amount := range node.Status.Allocatable {
		free[string(name)] = amountOf(name, amount)
	}
	for i := range n.Pods {
		running := &n.Pods[i]
		if phase := running.Status.Phase; phase == corev1.PodSucceeded || phase == corev1.PodFailed {
			continue
		}
		setDefaults(&running.Spec)
		for name, amount := range requests(running) {
			free[name] -= amount
		}
	}
	insufficient := []string{}
	for name, amount := range wanted {
		if amount > 0 && amount > free[name] {
			insufficient = append(insufficient, name)
		}
	}
	return nodeVerdict{
		Name: pod.Spec.NodeName == "" || pod.Spec.NodeName == node.Name,
		Cordon: !node.Spec.Unschedulable ||
			scheduling.TolerationsTolerateTaint(pod.Spec.Tolerations, cordon),
		Affinity:     matches,
		Taints:       !isUntolerated,
		Insufficient: insufficient,
	}
}

// requests are those of the pod as kube-scheduler rounds them, and one pod.
func requests(pod *corev1.Pod) map[string]int64 {
	amounts := map[string]int64{}
	for name, amount := range helpers.PodRequests(pod, helpers.PodResourcesOptions{}) {
		amounts[string(name)] = amountOf(name, amount)
	}
	amounts["pods"] = 1
	return amounts
}

func amountOf(name corev1.ResourceName, amount resource.Quantity) int64 {
	if name == corev1.ResourceCPU {
		return amount.MilliValue()
	}
	return amount.Value()
}

// setDefaults does what the API server does before it stores a pod (SetDefaults_Pod).
func setDefaults(spec *corev1.PodSpec) {
	for _, containers := range [][]corev1.Container{spec.Containers, spec.InitContainers} {
		for i := range containers {
			own := &containers[i].Resources
			own.Requests = withDefaults(own.Requests, own.Limits)
		}
	}
	if spec.Resources != nil {
		summed := helpers.AggregateContainerRequests(
			&corev1.Pod{Spec: *spec}, helpers.PodResourcesOptions{},
		)
		limits := corev1.ResourceList{}
		for name, limit := range spec.Resources.Limits {
			if _, isSummed := summed[name]; !isSummed {
				limits[name] = limit
			}
		}
		spec.Resources.Requests = withDefaults(spec.Resources.Requests, limits)
	}
}

func withDefaults(requests, limits corev1.ResourceList) corev1.ResourceList {
	all := corev1.ResourceList{}
	for _, list := range []corev1.ResourceList{limits, requests} {
		for name, amount := range list {
			all[name] = amount
		}
	}
	return all
}

// addDaemonSetTolerations does what the controller of DaemonSets does.
func addDaemonSetTolerations(spec *corev1.PodSpec) {
	effects := map[string]corev1.TaintEffect{
		corev1.TaintNodeNotReady:       corev1.TaintEffectNoExecute,
		corev1.TaintNodeUnreachable:    corev1.TaintEffectNoExecute,
		corev1.TaintNodeDiskPressure:   corev1.TaintEffectNoSchedule,
		corev1.TaintNodeMemoryPressure: corev1.TaintEffectNoSchedule,
		corev1.TaintNodePIDPressure:    corev1.TaintEffectNoSchedule,
		corev1.TaintNodeUnschedulable:  corev1.TaintEffectNoSchedule,
	}
	if spec.HostNetwork {
		effects[corev1.TaintNodeNetworkUnavailable] = corev1.TaintEffectNoSchedule
	}
	for key, effect := range effects {
		spec.Tolerations = append(spec.Tolerations, corev1.Toleration{
			Key: key, Operator: corev1.TolerationOpExists, Effect: effect,
		})
	}
}

// valid does what the API server does before it stores a pod; its own code is not a library.
func valid(spec *corev1.PodSpec) bool {
	for _, toleration := range spec.Tolerations {
		if !validToleration(toleration) {
			return false
		}
	}
	for _, container := range append(spec.Containers, spec.InitContainers...) {
		if !validResources(container.Resources, false) {
			return false
		}
	}
	return (spec.Resources == nil || validResources(*spec.Resources, true)) &&
		validResources(corev1.ResourceRequirements{Limits: spec.Overhead}, false)
}

func validToleration(t corev1.Toleration) bool {
	if t.Key != "" && len(validation.IsQualifiedName(t.Key)) > 0 {
		return false
	}
	if t.Key == "" && t.Operator != corev1.TolerationOpExists {
		return false
	}
	if t.TolerationSeconds != nil && t.Effect != corev1.TaintEffectNoExecute {
		return false
	}
	switch t.Operator {
	case "", corev1.TolerationOpEqual:
		if len(validation.IsValidLabelValue(t.Value)) > 0 {
			return false
		}
	case corev1.TolerationOpExists:
		if t.Value != "" {
			return false
		}
	default:
		return false
	}
	switch t.Effect {
	case "", corev1.TaintEffectNoSchedule, corev1.TaintEffectPreferNoSchedule, corev1.TaintEffectNoExecute:
		return true
	}
	return false
}

func validResources(resources corev1.ResourceRequirements, isPod bool) bool {
	for _, list := range []corev1.ResourceList{resources.Limits, resources.Requests} {
		for name, amount := range list {
			if amount.Sign() < 0 || !validName(string(name), isPod) {
				return false
			}
			if isExtended(name) && amount.MilliValue()%1000 != 0 {
				return false
			}
		}
	}
	for name, request := range resources.Requests {
		limit, isLimited := resources.Limits[name]
		mayOvercommit := !isExtended(name) && !strings.HasPrefix(string(name), corev1.ResourceHugePagesPrefix)
		if !mayOvercommit && (!isLimited || request.Cmp(limit) != 0) || isLimited && request.Cmp(limit) > 0 {
			return false
		}
	}
	return true
}

func validName(name string, isPod bool) bool {
	switch {
	case isPod:
		return helpers.IsSupportedPodLevelResource(corev1.ResourceName(name))
	case len(validation.IsQualifiedName(name)) > 0:
		return false
	case !strings.Contains(name, "/"):
		return name == "cpu" || name == "memory" || name == "ephemeral-storage" ||
			strings.HasPrefix(name, corev1.ResourceHugePagesPrefix)
	}
	return !isExtended(corev1.ResourceName(name)) || !strings.HasPrefix(name, corev1.DefaultResourceRequestsPrefix)
}

func isExtended(name corev1.ResourceName) bool {
	return strings.Contains(string(name), "/") &&
		!strings.Contains(string(name), corev1.ResourceDefaultNamespacePrefix)
}

func main() {
	serve(judge)
}
