package iacsample

// services are the modules that call others, and the database.
var services = []module{
	{"service", `
variable "name" { type = string }
variable "vpc_id" { type = string }
variable "subnets" { type = list(string) }
variable "replicas" { type = number }
variable "internal" { type = bool }
variable "environment" { type = map(string) }

variable "ports" {
  type = map(object({
    port        = number
    cidrs       = list(string)
    description = optional(string)
  }))
}
`, `
module "role" {
  source = "../role"

  name      = var.name
  actions   = ["s3:*", "sqs:SendMessage"]
  resources = ["*"]
}

resource "aws_security_group" "this" {
  name   = var.name
  vpc_id = var.vpc_id

  dynamic "ingress" {
    for_each = var.ports

    content {
      description = ingress.value.description
      from_port   = ingress.value.port
      to_port     = ingress.value.port
      protocol    = "tcp"
      cidr_blocks = ingress.value.cidrs
    }
  }
}

resource "aws_lb" "this" {
  name            = var.name
  internal        = var.internal
  subnets         = var.subnets
  security_groups = [aws_security_group.this.id]
}

resource "aws_lb_listener" "this" {
  for_each = var.ports

  load_balancer_arn = aws_lb.this.arn
  port              = each.value.port
  protocol          = each.key == "http" ? "HTTP" : "HTTPS"
  ssl_policy        = each.key == "http" ? null : "ELBSecurityPolicy-2016-08"

  default_action {
    type = "forward"
  }
}

resource "aws_ecs_task_definition" "this" {
  family        = var.name
  task_role_arn = module.role.arn

  container_definitions = jsonencode([{
    name         = var.name
    image        = "registry.shop.example/${var.name}:latest"
    environment  = [for k, v in var.environment : { name = k, value = v }]
    portMappings = [for p in var.ports : { containerPort = p.port }]
  }])
}

resource "aws_ecs_service" "this" {
  name            = var.name
  task_definition = aws_ecs_task_definition.this.arn
  desired_count   = var.replicas
}
`, `
output "role_arn" { value = module.role.arn }
`},
	{"function", `
variable "name" { type = string }
variable "handler" { type = string }
variable "memory" { type = number }
variable "tracing" { type = bool }
variable "actions" { type = list(string) }
variable "bucket" { type = string }
`, `
module "role" {
  source = "../role"

  name      = var.name
  actions   = var.actions
  resources = ["${var.bucket}/*"]
  service   = "lambda.amazonaws.com"
}

resource "aws_lambda_function" "this" {
  function_name = var.name
  role          = module.role.arn
  runtime       = "python3.12"
  handler       = var.handler
  memory_size   = var.memory

  dynamic "tracing_config" {
    for_each = var.tracing ? ["Active"] : []

    content {
      mode = tracing_config.value
    }
  }
}
`, `
output "name" { value = aws_lambda_function.this.function_name }
`},
	{"database", `
variable "name" { type = string }
variable "engine" { type = string }
variable "replicas" { type = number }
variable "public" { type = bool }
variable "subnets" { type = list(string) }

variable "password" {
  type      = string
  sensitive = true
}
`, `
locals {
  version = { postgres = "16.3", mysql = "8.0" }[var.engine]
}

resource "aws_db_instance" "primary" {
  identifier          = var.name
  engine              = var.engine
  engine_version      = local.version
  instance_class      = "db.t4g.medium"
  allocated_storage   = 50
  password            = var.password
  publicly_accessible = var.public
  storage_encrypted   = !var.public
}

resource "aws_db_instance" "replica" {
  count = var.replicas

  identifier                   = "${var.name}-${count.index}"
  replicate_source_db          = aws_db_instance.primary.identifier
  instance_class               = "db.t4g.medium"
  performance_insights_enabled = true
  backup_retention_period      = count.index
}

resource "aws_elasticache_replication_group" "cache" {
  replication_group_id       = var.name
  description                = "In front of ${var.name}"
  transit_encryption_enabled = var.public
}
`, `
output "endpoint" { value = aws_db_instance.primary.endpoint }
`},
}
