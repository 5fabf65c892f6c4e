module "network" {
  source = "./modules/network"

  name      = local.prefix
  cidr      = var.cidr
  public    = local.public
  private   = local.private
  flow_logs = local.production
  ingress   = var.ingress
}

module "storage" {
  source   = "./modules/storage"
  for_each = var.buckets

  name      = "${local.prefix}-${each.key}"
  versioned = each.value.versioned
  encrypted = each.value.encrypted
  acl       = each.value.acl
  days      = each.value.days
  log_to    = each.key == "reports" ? aws_s3_bucket.logs.id : null
}

module "cluster" {
  source = "./modules/cluster"

  name         = local.prefix
  subnets      = module.network.private_subnets
  public_cidrs = var.admin_cidrs
  log_types    = local.production ? ["api", "audit", "authenticator", "controllerManager", "scheduler"] : ["api"]
  node_groups = {
    general = { type = "m6i.large", size = 3 }
    batch   = { type = "c6i.xlarge", size = 1, imdsv2 = false }
  }
}

module "database" {
  source = "./modules/database"

  name      = local.prefix
  engine    = var.database.engine
  class     = var.database.instance_class
  replicas  = var.database.replicas
  encrypted = coalesce(var.database.encrypted, false)
  public    = var.database.public
  password  = var.master_password
  subnets   = module.network.private_subnets
}

module "dns" {
  source = "git::https://git.harbour.invalid/terraform/zones.git//zone?ref=v1.4.0"

  zones = { "harbour.example" = {} }
}

resource "aws_s3_bucket" "logs" {
  bucket = "${local.prefix}-logs"
}

resource "aws_s3_bucket_public_access_block" "logs" {
  bucket = aws_s3_bucket.logs.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = false
  restrict_public_buckets = false
}

resource "aws_s3_bucket_acl" "logs" {
  bucket = aws_s3_bucket.logs.id
  acl    = "log-delivery-write"
}

resource "aws_cloudwatch_log_group" "app" {
  for_each = var.repositories

  name              = "/${local.prefix}/${each.key}"
  retention_in_days = local.production ? 365 : 14
}

resource "aws_cloudwatch_metric_alarm" "database" {
  for_each = local.alarms

  alarm_name          = "${local.prefix}-${each.key}"
  namespace           = "AWS/RDS"
  metric_name         = each.value.metric
  threshold           = each.value.threshold
  comparison_operator = each.key == "high-cpu" ? "GreaterThanThreshold" : "LessThanThreshold"
  evaluation_periods  = 2
  period              = 300
  statistic           = "Average"
}
