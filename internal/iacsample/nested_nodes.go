package iacsample

// nodeFiles are the files of the node group's modules, which call each other.
var nodeFiles = tree{
	"modules/node-group/main.tf": `
variable "name" { type = string }
variable "cluster" { type = string }
variable "subnet_ids" { type = list(string) }
variable "group" { type = any }
variable "tags" { type = map(string) }

locals {
  size   = { min = try(var.group.min_size, 1), max = try(var.group.max_size, 3) }
  labels = merge({ group = var.name }, try(var.group.labels, {}))
}

module "role" {
  source = "../iam-role"

  name       = var.name
  services   = ["ec2.amazonaws.com"]
  policies   = { node = "AmazonEKSWorkerNodePolicy", cni = "AmazonEKS_CNI_Policy", registry = "AmazonEC2ContainerRegistryReadOnly" }
  statements = try(var.group.statements, {})
  tags       = var.tags
}

module "user_data" {
  source = "./user-data"

  cluster = var.cluster
  labels  = local.labels
  taints  = try(var.group.taints, [])
}

resource "aws_launch_template" "this" {
  name_prefix = "${var.name}-"
  user_data   = module.user_data.encoded

  metadata_options {
    http_tokens                 = "required"
    http_put_response_hop_limit = 2
  }

  dynamic "block_device_mappings" {
    for_each = { xvda = 40, xvdb = 100 }

    content {
      device_name = "/dev/${block_device_mappings.key}"

      ebs {
        volume_size = block_device_mappings.value
        encrypted   = try(var.group.encrypt, true)
      }
    }
  }

  dynamic "tag_specifications" {
    for_each = ["instance", "volume", "network-interface"]

    content {
      resource_type = tag_specifications.value
      tags          = merge(var.tags, { Name = var.name })
    }
  }
}

resource "aws_eks_node_group" "this" {
  cluster_name    = var.cluster
  node_group_name = var.name
  node_role_arn   = module.role.arn
  subnet_ids      = var.subnet_ids
  instance_types  = try(var.group.instance_types, ["m6i.large"])
  capacity_type   = try(var.group.spot, false) ? "SPOT" : "ON_DEMAND"
  labels          = local.labels

  scaling_config {
    min_size     = local.size.min
    max_size     = local.size.max
    desired_size = max(local.size.min, 1)
  }

  dynamic "taint" {
    for_each = try(var.group.taints, [])

    content {
      key    = taint.value.key
      value  = taint.value.value
      effect = taint.value.effect
    }
  }
}

output "role_arn" { value = module.role.arn }
output "name" { value = aws_eks_node_group.this.node_group_name }
`,
	"modules/node-group/user-data/main.tf": `
variable "cluster" { type = string }
variable "labels" { type = map(string) }
variable "taints" { type = any }

locals {
  arguments = templatefile("${path.module}/arguments.tftpl", { labels = var.labels, taints = var.taints })

  config = jsonencode({
    cluster = var.cluster
    kubelet = { flags = split(" ", trimspace(local.arguments)) }
  })
}

output "encoded" { value = base64encode(local.config) }
`,
	"modules/node-group/user-data/arguments.tftpl": `
%{ for k, v in labels ~}
--node-labels=${k}=${v} %{ endfor ~}
%{ for t in taints ~}
--register-with-taints=${t.key}=${t.value}:${t.effect} %{ endfor ~}
`,
}
