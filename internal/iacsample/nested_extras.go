package iacsample

const rootExtras = `
resource "aws_security_group" "cluster" {
  count = local.create && var.create_cluster_security_group ? 1 : 0

  name        = "${var.name}-cluster"
  description = "Control plane of ${var.name}"
  vpc_id      = var.vpc_id
  tags        = merge(local.tags, var.cluster_security_group_tags)
}

resource "aws_security_group" "node" {
  count = local.create && var.create_node_security_group ? 1 : 0

  name        = "${var.name}-node"
  description = "Nodes of ${var.name}"
  vpc_id      = var.vpc_id
  tags        = merge(local.tags, var.node_security_group_tags)
}

resource "aws_security_group_rule" "node" {
  for_each = { for name, rule in local.node_rules : name => rule if local.create && var.create_node_security_group }

  security_group_id        = aws_security_group.node[0].id
  type                     = "ingress"
  description              = "Node ${each.key}"
  protocol                 = each.value.protocol
  from_port                = each.value.port
  to_port                  = each.value.port
  self                     = each.value.self
  cidr_blocks              = each.value.cidrs
  source_security_group_id = each.value.source == "cluster" ? aws_security_group.cluster[0].id : null
}

resource "aws_cloudwatch_log_group" "this" {
  count = local.create && var.create_log_group ? 1 : 0

  name              = "/aws/eks/${var.name}/cluster"
  retention_in_days = 90
  kms_key_id        = var.encrypt_secrets ? try(aws_kms_key.this[0].arn, null) : null
  tags              = merge(local.tags, var.log_group_tags)
}

resource "aws_eks_addon" "this" {
  for_each = { for name, addon in var.addons : name => addon if local.create && var.create_addons }

  cluster_name         = aws_eks_cluster.this[0].name
  addon_name           = each.key
  addon_version        = each.value.version
  configuration_values = jsonencode(try(each.value.settings, {}))
  tags                 = merge(local.tags, var.addons_tags)

  depends_on = [module.node_group]
}

resource "aws_instance" "bastion" {
  count = local.create && var.create_bastion ? 1 : 0

  ami           = "ami-0a1b2c3d4e5f60718"
  instance_type = "t3.micro"
  subnet_id     = var.subnet_ids[0]
  user_data     = templatefile("${path.module}/templates/bastion.sh.tftpl", { name = var.name, groups = keys(local.groups) })
  tags          = merge(local.tags, var.bastion_tags)
}

resource "aws_sqs_queue" "events" {
  count = local.create && var.create_event_queue ? 1 : 0

  name                    = "${var.name}-events"
  sqs_managed_sse_enabled = var.encrypt_secrets
  tags                    = merge(local.tags, var.event_queue_tags)
}

resource "aws_cloudwatch_metric_alarm" "node" {
  for_each = { for name, group in local.groups : name => group if local.create && var.create_alarms }

  alarm_name          = "${var.name}-${each.key}-size"
  namespace           = "AWS/AutoScaling"
  metric_name         = "GroupTotalInstances"
  comparison_operator = "GreaterThanThreshold"
  threshold           = max(each.value.max_size - 1, each.value.min_size, 1)
  evaluation_periods  = 3
  period              = 300
  statistic           = "Average"
  tags                = merge(local.tags, var.alarms_tags)
}

resource "aws_cloudwatch_dashboard" "this" {
  count = local.create && var.create_dashboard ? 1 : 0

  dashboard_name = var.name
  dashboard_body = jsonencode({
    widgets = [
      for i, name in sort(keys(local.groups)) : {
        type       = "metric"
        x          = 12 * (i % 2)
        y          = 6 * floor(i / 2)
        properties = { title = name, metrics = [for m in ["CPUUtilization", "NetworkIn", "NetworkOut"] : ["AWS/EC2", m, "Group", "${var.name}-${name}"]] }
      }
    ]
  })
}

resource "aws_ecr_repository" "this" {
  count = local.create && var.create_registry ? 1 : 0

  name                 = var.name
  image_tag_mutability = var.encrypt_secrets ? "IMMUTABLE" : "MUTABLE"
  tags                 = merge(local.tags, var.registry_tags)
}
`

const rootOutputs = `
output "name" {
  value = try(aws_eks_cluster.this[0].name, "")
}

output "key_arn" {
  value = try(aws_kms_key.this[0].arn, null)
}

output "node_groups" {
  value = module.node_group
}

output "archive" {
  value = one(module.archive[*].id)
}
`
