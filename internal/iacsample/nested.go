package iacsample

import (
	"fmt"
	"strings"
)

// examples is how many directories NestedModules writes that call the root
// module.
const examples = 30

// NestedModules writes a module to dir, which must be absent or empty, in the
// shape of those that are published for others: many variables with defaults,
// resources that exist on a condition, submodules three levels deep, and
// thirty examples that call it with different inputs. Little of it is wrong;
// the work is in evaluating it.
func NestedModules(dir string) error { return nestedModules().write(dir) }

func nestedModules() tree {
	t := tree{}
	for _, files := range []tree{nestedFiles, nodeFiles} {
		for name, text := range files {
			t.add(name, text)
		}
	}
	t["variables.tf"] = variables(rootSwitches) + strings.TrimPrefix(rootVariables, "\n")
	for i := range examples {
		at := fmt.Sprintf("examples/%02d-%s/", i, []string{"minimal", "private", "mixed", "spot", "addons"}[i%5])
		t.add(at+"main.tf", exampleMain,
			"@name", fmt.Sprintf("example-%02d", i),
			"@block", fmt.Sprint(i),
			"@public", fmt.Sprint(i%3 == 0),
			"@encrypt", fmt.Sprint(i%4 != 1),
			"@logs", []string{`["api"]`, `["api", "audit", "authenticator"]`, `[]`}[i%3],
			"@groups", groups(i),
			"@addons", addons(i),
		)
		t.add(at+"variables.tf", exampleVariables, "@zones", fmt.Sprint(2+i%2))
		t.add(at+"outputs.tf", exampleOutputs)
	}
	return t
}

// variables declares a switch and a set of tags for each name.
func variables(names []string) string {
	var b strings.Builder
	for i, name := range names {
		fmt.Fprintf(&b, "variable \"create_%s\" {\n  description = \"Whether the module makes the %s.\"\n  type        = bool\n  default     = %t\n}\n\n",
			name, strings.ReplaceAll(name, "_", " "), i%4 != 3)
		fmt.Fprintf(&b, "variable \"%s_tags\" {\n  description = \"Tags of the %s only.\"\n  type        = map(string)\n  default     = {}\n}\n\n",
			name, strings.ReplaceAll(name, "_", " "))
	}
	return b.String()
}

// groups are the i-th example's node groups, one to three.
func groups(i int) string {
	var b strings.Builder
	for n := range 1 + i%3 {
		fmt.Fprintf(&b, `    group-%d = {
      instance_types = ["m%di.large", "c%di.large"]
      min_size       = %d
      max_size       = %d
      spot           = %t
      encrypt        = %t

      labels = { pool = "p%d", example = local.name }
      taints = [{ key = "dedicated", value = "p%d", effect = "NO_SCHEDULE" }]

      statements = {
        read = { actions = ["s3:GetObject", "s3:ListBucket"], resources = ["arn:aws:s3:::${local.name}-%d/*"] }
      }
    }
`, n, 6+n%2, 6+n%2, n, 2*n+2, n%2 == 1, (i+n)%3 != 0, n, n, n)
	}
	return b.String()
}

// addons are the i-th example's addons.
func addons(i int) string {
	var b strings.Builder
	for n := range i % 5 {
		name := []string{"coredns", "kube-proxy", "vpc-cni", "ebs-csi"}[n]
		fmt.Fprintf(&b, "    %s = { version = \"v1.%d.0\", settings = { replicaCount = %d, resources = { limits = { memory = \"%dMi\" } } } }\n", name, n+1, n+1, 64*(n+1))
	}
	return b.String()
}

// rootSwitches are the parts of the root module that can be turned off.
var rootSwitches = []string{
	"cluster", "kms_key", "iam_role", "bastion", "cluster_security_group", "node_security_group", "log_group", "archive",
	"addons", "oidc_provider", "dashboard", "alarms", "event_queue", "event_rules", "node_role", "access_entries",
	"backup_plan", "backup_vault", "registry", "registry_policy", "parameter_store", "service_map", "budget", "health_check",
}

const exampleMain = `
provider "aws" {
  region = local.region
}

locals {
  name   = "@name"
  region = "eu-west-1"
  cidr   = cidrsubnet("10.0.0.0/8", 8, @block)
  zones  = slice(["eu-west-1a", "eu-west-1b", "eu-west-1c"], 0, var.zone_count)

  groups = {
@groups  }

  tags = merge(var.tags, {
    Example = local.name
    Groups  = join(",", sort(keys(local.groups)))
  })
}

module "network" {
  source = "../../modules/network"

  name          = local.name
  cidr          = local.cidr
  zones         = local.zones
  public_count  = @public ? length(local.zones) : 0
  private_count = length(local.zones)
  tags          = local.tags
}

module "cluster" {
  source = "../.."

  name               = local.name
  vpc_id             = module.network.vpc_id
  subnet_ids         = module.network.private_subnets
  public_access      = @public
  public_cidrs       = @public ? ["0.0.0.0/0"] : []
  encrypt_secrets    = @encrypt
  log_types          = @logs
  node_groups        = local.groups
  node_tags          = { for k, g in local.groups : k => join("/", g.instance_types) }
  cluster_tags       = { Public = tostring(@public) }
  create_bastion     = @public
  create_alarms      = !@public
  extra_node_rules   = { for p in [9443, 8443, 4443] : "webhook-${p}" => { port = p, cidrs = [local.cidr] } }

  addons = {
@addons  }

  tags = local.tags
}

module "extra" {
  source   = "../../modules/node-group"
  for_each = { for k, g in local.groups : k => g if g.spot }

  name       = "${local.name}-extra-${each.key}"
  cluster    = module.cluster.name
  subnet_ids = module.network.private_subnets
  group      = each.value
  tags       = local.tags
}

module "state" {
  source = "../../modules/bucket"

  name      = "${local.name}-state"
  encrypted = @encrypt
  readers   = [for k, g in module.cluster.node_groups : g.role_arn]
  tags      = local.tags
}
`

const exampleVariables = `
variable "zone_count" {
  type    = number
  default = @zones
}

variable "tags" {
  type    = map(string)
  default = { Repository = "cluster", Owner = "platform" }
}
`

const exampleOutputs = `
output "cluster" {
  value = module.cluster.name
}

output "groups" {
  value = { for k, g in module.cluster.node_groups : k => g.role_arn }
}

output "state" {
  value = module.state.id
}
`
