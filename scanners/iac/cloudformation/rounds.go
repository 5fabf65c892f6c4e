package cloudformation

import (
	"slices"
	"strings"

	"github.com/aquasecurity/trivy/pkg/iac/scanners/cloudformation/parser"
)

// alone are the types of which the engine looks at one only, whichever it
// meets first, where several have the same value of a property. They are shown
// to it one after the other, so that all are judged, every time.
var alone = map[string]string{
	"AWS::ApiGateway::Stage":               "RestApiId",
	"AWS::ApiGateway::Resource":            "RestApiId",
	"AWS::SQS::QueuePolicy":                "Queues",
	"AWS::EC2::LaunchTemplate":             "LaunchTemplateName",
	"AWS::Config::ConfigurationAggregator": "",
}

// maxRounds bounds how often a service is judged.
const maxRounds = 50

// rounds are the resources that are judged together: first everything but the
// second and further ones of the types that the engine looks at alone, then
// these with the rest of their service.
func (t *template) rounds() [][]*resource {
	number := map[*resource]int{}
	count := map[string]int{}
	last := 0
	for _, r := range t.resources {
		property, ok := alone[r.typ]
		if !ok {
			continue
		}
		v := r.properties.get(property)
		if v == nil && property == "LaunchTemplateName" {
			continue // is referred to by its id, which is its own
		}
		key := r.typ + "\n"
		if v != nil {
			w := &writer{}
			w.value(v, 0, place{}, false)
			key += w.text.String()
		}
		number[r] = count[key]
		count[key]++
		last = max(last, number[r])
	}
	var out [][]*resource
	for n := range min(last+1, maxRounds) {
		services := map[string]bool{}
		for r, k := range number {
			if k == n {
				services[service(r.typ)] = true
			}
		}
		var round []*resource
		for _, r := range t.resources {
			k, limited := number[r]
			if limited && k == n || !limited && (n == 0 || services[service(r.typ)]) {
				round = append(round, r)
			}
		}
		out = append(out, round)
	}
	if last >= maxRounds {
		i := slices.IndexFunc(t.resources, func(r *resource) bool { return number[r] == maxRounds })
		t.gap(t.resources[i].start, "there are too many resources of this type for one and the same; the rest is not scanned")
	}
	return out
}

// service is the part of a type that names the service: AWS::S3.
func service(typ string) string {
	if i := strings.LastIndex(typ, "::"); i >= 0 {
		return typ[:i]
	}
	return typ
}

// attached are the types that the engine goes through for every resource of
// another type in the same service.
var attached = map[string]string{
	"AWS::SQS::QueuePolicy":                 "AWS::SQS::Queue",
	"AWS::S3::BucketPolicy":                 "AWS::S3::Bucket",
	"AWS::IAM::AccessKey":                   "AWS::IAM::User",
	"AWS::EC2::LaunchTemplate":              "AWS::EC2::Instance",
	"AWS::EC2::NetworkAclEntry":             "AWS::EC2::NetworkAcl",
	"AWS::EC2::FlowLog":                     "AWS::EC2::VPC",
	"AWS::RDS::DBParameterGroup":            "AWS::RDS::DBInstance",
	"AWS::RDS::DBSecurityGroup":             "AWS::RDS::DBCluster",
	"AWS::DocDB::DBInstance":                "AWS::DocDB::DBCluster",
	"AWS::Redshift::ClusterParameterGroup":  "AWS::Redshift::Cluster",
	"AWS::ApiGateway::Method":               "AWS::ApiGateway::RestApi",
	"AWS::ApiGatewayV2::Stage":              "AWS::ApiGatewayV2::Api",
	"AWS::Lambda::Permission":               "AWS::Lambda::Function",
	"AWS::ElasticLoadBalancingV2::Listener": "AWS::ElasticLoadBalancingV2::LoadBalancer",
}

// copied are those of them that the engine describes once more for each.
var copied = map[string]bool{"AWS::EC2::LaunchTemplate": true, "AWS::RDS::DBParameterGroup": true}

// Bounds to the work for resources that are attached to others, and to what it
// comes to; a unit of work takes some 100 ns.
const (
	maxPairings = 30_000_000
	maxCopies   = 3_000_000
	maxAttached = 20_000 // values of policies, counted for each that they are attached to
)

// pairings reports whether resources that are attached to others come to too
// much: for each of the others they are read, and their functions resolved.
func (t *template) pairings(bad map[*node]bool) bool {
	count := map[string]float64{}
	for _, r := range t.resources {
		count[r.typ]++
	}
	b := &bounds{t: t, known: map[*node]extent{}, open: map[*node]bool{}, bad: bad, lookup: 4 + float64(len(t.parameters)+len(t.resources))/16}
	looks, copies := 0.0, 0.0
	for _, r := range t.resources {
		to := attached[r.typ]
		if to == "" || r.properties == nil {
			continue
		}
		for _, p := range r.properties.pairs {
			if p.name == "PolicyDocument" { // is read for those that it is attached to: see tooMuch
				continue
			}
			work := count[to] * (10*values(p.value) + b.of(p.value).cost)
			if looks += work; copied[r.typ] {
				copies += work
			}
		}
	}
	return looks > maxPairings || copies > maxCopies
}

// tooMuch reports whether policies come to too much, counted for each bucket
// and queue that they are attached to.
func tooMuch(parsed *parser.FileContext) bool {
	total := 0
	for _, policy := range parsed.GetResourcesByType("AWS::S3::BucketPolicy") {
		bucket := policy.GetStringProperty("Bucket")
		for _, r := range parsed.GetResourcesByType("AWS::S3::Bucket") {
			if bucket.EqualTo(r.ID()) || bucket.EqualTo(r.GetStringProperty("BucketName").Value()) {
				total += size(policy.GetProperty("PolicyDocument"))
			}
		}
	}
	for _, policy := range parsed.GetResourcesByType("AWS::SQS::QueuePolicy") {
		queues := map[string]bool{}
		for _, q := range policy.GetProperty("Queues").AsList() {
			queues[q.AsString()] = true
		}
		for _, r := range parsed.GetResourcesByType("AWS::SQS::Queue") {
			if queues[r.ID()] {
				total += size(policy.GetProperty("PolicyDocument"))
			}
		}
	}
	return total > maxAttached
}

// size counts the values in a property.
func size(p *parser.Property) int {
	n := 1
	if p == nil {
		return n
	}
	if list, ok := p.Value.([]*parser.Property); ok {
		for _, item := range list {
			n += size(item)
		}
	}
	if m, ok := p.Value.(map[string]*parser.Property); ok {
		for _, item := range m {
			n += size(item)
		}
	}
	return n
}

// values counts the values in n.
func values(n *node) float64 {
	total := 1 + float64(len(n.text))/64
	for _, p := range n.pairs {
		total += values(p.value)
	}
	for _, item := range n.items {
		total += values(item)
	}
	return total
}
