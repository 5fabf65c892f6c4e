resource "aws_redshift_cluster" "warehouse" {
  cluster_identifier = "warehouse"
  node_type          = "ra3.xlplus"
  master_username    = "tidal"
  number_of_nodes    = 2
  encrypted          = true
}

resource "aws_redshift_security_group" "legacy" {
  name = "legacy"

  ingress {
    cidr = "10.0.0.0/24"
  }
}

resource "aws_athena_workgroup" "adhoc" {
  name = "adhoc"

  configuration {
    enforce_workgroup_configuration = false

    result_configuration {
      output_location = "s3://${aws_s3_bucket.lake.bucket}/results/"
    }
  }
}

resource "aws_athena_database" "events" {
  name   = "events"
  bucket = aws_s3_bucket.lake.bucket
}

resource "aws_emr_security_configuration" "batch" {
  name = "batch"

  configuration = <<-EOT
    {
      "EncryptionConfiguration": {
        "EnableInTransitEncryption": false,
        "EnableAtRestEncryption": false
      }
    }
  EOT
}

resource "aws_emr_cluster" "batch" {
  name          = "batch"
  release_label = "emr-7.1.0"
  applications  = ["Spark"]
  service_role  = aws_iam_role.emr.arn
}

resource "aws_iam_role" "emr" {
  name               = "emr"
  assume_role_policy = file("${path.module}/policies/emr-trust.json")
}

resource "aws_docdb_cluster" "profiles" {
  cluster_identifier      = "profiles"
  master_username         = "tidal"
  backup_retention_period = 7
}

resource "aws_docdb_cluster_instance" "profiles" {
  count              = 2
  identifier         = "profiles-${count.index}"
  cluster_identifier = aws_docdb_cluster.profiles.id
  instance_class     = "db.r6g.large"
}

resource "aws_neptune_cluster" "graph" {
  cluster_identifier = "graph"
  storage_encrypted  = false
}

resource "aws_opensearch_domain" "search" {
  domain_name = "search"

  domain_endpoint_options {
    enforce_https       = false
    tls_security_policy = "Policy-Min-TLS-1-0-2019-07"
  }

  node_to_node_encryption {
    enabled = false
  }
}

resource "aws_elasticsearch_domain" "logs" {
  domain_name = "logs"

  encrypt_at_rest {
    enabled = true
  }

  log_publishing_options {
    cloudwatch_log_group_arn = "arn:aws:logs:eu-west-1:111122223333:log-group:es"
    log_type                 = "AUDIT_LOGS"
    enabled                  = false
  }
}

resource "aws_elasticache_cluster" "queue" {
  cluster_id      = "queue"
  engine          = "redis"
  node_type       = "cache.m6g.large"
  num_cache_nodes = 1
}

resource "aws_elasticache_security_group" "queue" {
  name                 = "queue"
  security_group_names = ["queue"]
}
