variable "name" { type = string }
variable "subnets" { type = list(string) }

variable "public_cidrs" {
  type    = list(string)
  default = ["0.0.0.0/0"]
}

variable "log_types" {
  type    = list(string)
  default = []
}

variable "node_groups" {
  type = map(object({
    type   = string
    size   = optional(number, 1)
    imdsv2 = optional(bool, true)
  }))
}

variable "secrets_key_arn" {
  type    = string
  default = ""
}

resource "aws_eks_cluster" "this" {
  name     = var.name
  role_arn = aws_iam_role.cluster.arn

  enabled_cluster_log_types = var.log_types

  vpc_config {
    subnet_ids              = var.subnets
    endpoint_public_access  = true
    endpoint_private_access = true
    public_access_cidrs     = var.public_cidrs
  }

  dynamic "encryption_config" {
    for_each = var.secrets_key_arn != "" ? [var.secrets_key_arn] : []

    content {
      resources = ["secrets"]

      provider {
        key_arn = encryption_config.value
      }
    }
  }
}

resource "aws_iam_role" "cluster" {
  name = "${var.name}-cluster"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "eks.amazonaws.com" }
    }]
  })
}

module "nodes" {
  source   = "./nodes"
  for_each = var.node_groups

  name    = "${var.name}-${each.key}"
  cluster = aws_eks_cluster.this.name
  group   = each.value
}
