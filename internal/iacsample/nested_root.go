package iacsample

// rootVariables are the root module's variables that are not switches.
const rootVariables = `
variable "name" { type = string }
variable "vpc_id" { type = string }
variable "subnet_ids" { type = list(string) }

variable "public_access" {
  type    = bool
  default = false
}

variable "public_cidrs" {
  type    = list(string)
  default = []
}

variable "encrypt_secrets" {
  type    = bool
  default = true
}

variable "log_types" {
  type    = list(string)
  default = ["audit"]

  validation {
    condition     = alltrue([for t in var.log_types : contains(["api", "audit", "authenticator", "controllerManager", "scheduler"], t)])
    error_message = "A log type that the service does not know."
  }
}

variable "node_groups" {
  type    = any
  default = {}
}

variable "node_group_defaults" {
  type = any
  default = {
    instance_types = ["m6i.large"]
    min_size       = 1
    max_size       = 3
    encrypt        = true
    spot           = false
    labels         = {}
    taints         = []
    statements     = {}
  }
}

variable "node_tags" {
  type    = map(string)
  default = {}
}

variable "extra_node_rules" {
  type    = any
  default = {}
}

variable "addons" {
  type    = any
  default = {}
}

variable "tags" {
  type    = map(string)
  default = {}
}
`

const rootMain = `
data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  create    = var.create_cluster
  account   = try(data.aws_caller_identity.current.account_id, "")
  partition = try(data.aws_partition.current.partition, "aws")
  tags      = merge(var.tags, var.cluster_tags, { Module = "cluster" })

  node_rules = {
    for name, rule in merge({
      dns_tcp = { port = 53, protocol = "tcp", self = true }
      dns_udp = { port = 53, protocol = "udp", self = true }
      kubelet = { port = 10250, protocol = "tcp", source = "cluster" }
      https   = { port = 443, protocol = "tcp", source = "cluster" }
    }, var.extra_node_rules) : name => {
      port     = rule.port
      protocol = lookup(rule, "protocol", "tcp")
      self     = lookup(rule, "self", null)
      source   = lookup(rule, "source", null)
      cidrs    = lookup(rule, "cidrs", null)
    }
  }

  groups = { for name, group in var.node_groups : name => merge(var.node_group_defaults, group) }
}

resource "aws_eks_cluster" "this" {
  count = local.create ? 1 : 0

  name                      = var.name
  role_arn                  = try(module.role[0].arn, null)
  enabled_cluster_log_types = var.log_types

  vpc_config {
    subnet_ids              = var.subnet_ids
    security_group_ids      = aws_security_group.cluster[*].id
    endpoint_private_access = true
    endpoint_public_access  = var.public_access
    public_access_cidrs     = var.public_cidrs
  }

  dynamic "encryption_config" {
    for_each = var.encrypt_secrets && var.create_kms_key ? [1] : []

    content {
      resources = ["secrets"]

      provider {
        key_arn = try(aws_kms_key.this[0].arn, "")
      }
    }
  }

  tags = local.tags
}

resource "aws_kms_key" "this" {
  count = local.create && var.create_kms_key ? 1 : 0

  description         = "Secrets of ${var.name}"
  enable_key_rotation = var.encrypt_secrets
  policy              = data.aws_iam_policy_document.key.json
  tags                = merge(local.tags, var.kms_key_tags)
}

data "aws_iam_policy_document" "key" {
  statement {
    sid       = "Owner"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:${local.partition}:iam::${local.account}:root"]
    }
  }

  dynamic "statement" {
    for_each = local.groups

    content {
      sid       = "Use${statement.key}"
      actions   = ["kms:Decrypt", "kms:DescribeKey"]
      resources = ["*"]

      principals {
        type        = "AWS"
        identifiers = [try(module.node_group[statement.key].role_arn, "*")]
      }
    }
  }
}

module "role" {
  source = "./modules/iam-role"
  count  = local.create && var.create_iam_role ? 1 : 0

  name     = "${var.name}-cluster"
  services = ["eks.amazonaws.com"]
  policies = { cluster = "AmazonEKSClusterPolicy", vpc = "AmazonEKSVPCResourceController" }
  tags     = merge(local.tags, var.iam_role_tags)
}

module "node_group" {
  source   = "./modules/node-group"
  for_each = { for name, group in local.groups : name => group if local.create }

  name       = "${var.name}-${each.key}"
  cluster    = aws_eks_cluster.this[0].name
  subnet_ids = try(each.value.subnet_ids, var.subnet_ids)
  group      = each.value
  tags       = merge(local.tags, { Types = lookup(var.node_tags, each.key, "") })
}

module "archive" {
  source = "./modules/bucket"
  count  = local.create && var.create_archive ? 1 : 0

  name      = "${var.name}-archive"
  encrypted = var.encrypt_secrets
  readers   = [for name, group in module.node_group : group.role_arn]
  tags      = merge(local.tags, var.archive_tags)
}
`
