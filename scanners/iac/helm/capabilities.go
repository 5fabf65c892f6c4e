package helm

import (
	"fmt"
	"strconv"

	"github.com/Masterminds/semver/v3"
)

// defaultKubeVersion is that of the released Helm 3.18 (and 3.19 has 1.34).
// A Helm built without its makefile, as Trivy v0.66.0's, has 1.20.0.
const defaultKubeVersion = "1.33.0"

// capabilities is .Capabilities: the cluster that templates ask about.
type capabilities struct {
	KubeVersion kubeVersion
	APIVersions versionSet
	HelmVersion helmVersion
}

type kubeVersion struct{ Version, Major, Minor string }

// String returns the version with its v, as in v1.33.0.
func (v kubeVersion) String() string { return v.Version }

// GitVersion is an older name of Version.
func (v kubeVersion) GitVersion() string { return v.Version }

type helmVersion struct {
	Version      string `json:"version,omitempty"`
	GitCommit    string `json:"git_commit,omitempty"`
	GitTreeState string `json:"git_tree_state,omitempty"`
	GoVersion    string `json:"go_version,omitempty"`
}

type versionSet []string

// Has reports whether the cluster serves a version of an API: apps/v1.
func (v versionSet) Has(version string) bool {
	for _, have := range v {
		if have == version {
			return true
		}
	}
	return false
}

func newCapabilities(o Options) (capabilities, error) {
	given := o.KubeVersion
	if given == "" {
		given = defaultKubeVersion
	}
	v, err := semver.NewVersion(given)
	if err != nil {
		return capabilities{}, fmt.Errorf("the version of Kubernetes, %q, is not a version: write one like %s", given, defaultKubeVersion)
	}
	return capabilities{
		KubeVersion: kubeVersion{
			Version: "v" + v.String(),
			Major:   strconv.FormatUint(v.Major(), 10),
			Minor:   strconv.FormatUint(v.Minor(), 10),
		},
		APIVersions: append(knownVersions(), o.APIVersions...),
		HelmVersion: helmVersion{Version: "v3.18.6", GitTreeState: "clean"},
	}, nil
}

// knownVersions is what Helm 3.18 says without a cluster, in its order.
func knownVersions() versionSet {
	return versionSet{
		"v1",
		"admissionregistration.k8s.io/v1",
		"admissionregistration.k8s.io/v1alpha1",
		"admissionregistration.k8s.io/v1beta1",
		"internal.apiserver.k8s.io/v1alpha1",
		"apps/v1",
		"apps/v1beta1",
		"apps/v1beta2",
		"authentication.k8s.io/v1",
		"authentication.k8s.io/v1alpha1",
		"authentication.k8s.io/v1beta1",
		"authorization.k8s.io/v1",
		"authorization.k8s.io/v1beta1",
		"autoscaling/v1",
		"autoscaling/v2",
		"autoscaling/v2beta1",
		"autoscaling/v2beta2",
		"batch/v1",
		"batch/v1beta1",
		"certificates.k8s.io/v1",
		"certificates.k8s.io/v1beta1",
		"certificates.k8s.io/v1alpha1",
		"coordination.k8s.io/v1alpha2",
		"coordination.k8s.io/v1beta1",
		"coordination.k8s.io/v1",
		"discovery.k8s.io/v1",
		"discovery.k8s.io/v1beta1",
		"events.k8s.io/v1",
		"events.k8s.io/v1beta1",
		"extensions/v1beta1",
		"flowcontrol.apiserver.k8s.io/v1",
		"flowcontrol.apiserver.k8s.io/v1beta1",
		"flowcontrol.apiserver.k8s.io/v1beta2",
		"flowcontrol.apiserver.k8s.io/v1beta3",
		"networking.k8s.io/v1",
		"networking.k8s.io/v1alpha1",
		"networking.k8s.io/v1beta1",
		"node.k8s.io/v1",
		"node.k8s.io/v1alpha1",
		"node.k8s.io/v1beta1",
		"policy/v1",
		"policy/v1beta1",
		"rbac.authorization.k8s.io/v1",
		"rbac.authorization.k8s.io/v1beta1",
		"rbac.authorization.k8s.io/v1alpha1",
		"resource.k8s.io/v1beta2",
		"resource.k8s.io/v1beta1",
		"resource.k8s.io/v1alpha3",
		"scheduling.k8s.io/v1alpha1",
		"scheduling.k8s.io/v1beta1",
		"scheduling.k8s.io/v1",
		"storage.k8s.io/v1beta1",
		"storage.k8s.io/v1",
		"storage.k8s.io/v1alpha1",
		"storagemigration.k8s.io/v1alpha1",
		"apiextensions.k8s.io/v1beta1",
		"apiextensions.k8s.io/v1",
	}
}
