variable "name" { type = string }
variable "engine" { type = string }
variable "class" { type = string }
variable "replicas" { type = number }
variable "encrypted" { type = bool }
variable "public" { type = bool }
variable "subnets" { type = list(string) }

variable "password" {
  type      = string
  sensitive = true
}

locals {
  versions = {
    postgres = "16.3"
    mysql    = "8.0"
  }
}

resource "aws_db_subnet_group" "this" {
  name       = var.name
  subnet_ids = var.subnets
}

resource "aws_db_instance" "primary" {
  identifier                   = var.name
  engine                       = var.engine
  engine_version               = lookup(local.versions, var.engine, null)
  instance_class               = var.class
  allocated_storage            = 50
  username                     = "harbour"
  password                     = var.password
  db_subnet_group_name         = aws_db_subnet_group.this.name
  storage_encrypted            = var.encrypted
  publicly_accessible          = var.public
  skip_final_snapshot          = true
  performance_insights_enabled = false
}

resource "aws_db_instance" "replica" {
  count = var.replicas

  identifier                   = "${var.name}-replica-${count.index}"
  replicate_source_db          = aws_db_instance.primary.identifier
  instance_class               = var.class
  publicly_accessible          = count.index > 0
  performance_insights_enabled = true
  backup_retention_period      = 1
}

resource "aws_rds_cluster" "reporting" {
  cluster_identifier      = "${var.name}-reporting"
  engine                  = "aurora-postgresql"
  master_username         = "harbour"
  master_password         = var.password
  backup_retention_period = 1
  deletion_protection     = false
}

resource "aws_elasticache_replication_group" "cache" {
  replication_group_id       = "${var.name}-cache"
  description                = "Sessions and rate limits"
  node_type                  = "cache.t4g.small"
  num_cache_clusters         = 2
  transit_encryption_enabled = false
}

output "endpoint" {
  value = aws_db_instance.primary.endpoint
}
