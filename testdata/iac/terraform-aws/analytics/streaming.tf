resource "aws_msk_cluster" "events" {
  cluster_name           = "events"
  kafka_version          = "3.6.0"
  number_of_broker_nodes = 3

  broker_node_group_info {
    instance_type   = "kafka.m5.large"
    client_subnets  = ["subnet-0a", "subnet-0b", "subnet-0c"]
    security_groups = ["sg-0a"]
  }

  encryption_info {
    encryption_in_transit {
      client_broker = "TLS_PLAINTEXT"
      in_cluster    = true
    }
  }
}

resource "aws_mq_broker" "orders" {
  broker_name         = "orders"
  engine_type         = "ActiveMQ"
  engine_version      = "5.18"
  host_instance_type  = "mq.m5.large"
  publicly_accessible = true

  logs {
    general = false
    audit   = false
  }

  user {
    username = "orders"
    password = var.broker_password
  }
}

variable "broker_password" {
  type      = string
  sensitive = true
  default   = null
}

resource "aws_efs_file_system" "models" {
  creation_token = "models"
}

resource "aws_workspaces_workspace" "analyst" {
  for_each = toset(["cora", "dan"])

  directory_id = "d-1234567890"
  bundle_id    = "wsb-123456789"
  user_name    = each.key
}

resource "aws_ecs_cluster" "jobs" {
  name = "jobs"

  setting {
    name  = "containerInsights"
    value = "disabled"
  }
}

resource "aws_ecs_task_definition" "import" {
  family = "import"

  container_definitions = jsonencode([
    {
      name      = "import"
      image     = "registry.tidal.example/import:4.2"
      essential = true
      environment = [
        { name = "ENVIRONMENT", value = "production" },
        { name = "LAKE", value = aws_s3_bucket.lake.bucket },
      ]
    },
  ])

  volume {
    name = "models"

    efs_volume_configuration {
      file_system_id     = aws_efs_file_system.models.id
      transit_encryption = "DISABLED"
    }
  }
}

resource "aws_codebuild_project" "models" {
  name         = "models"
  service_role = aws_iam_role.emr.arn

  artifacts {
    type                = "S3"
    location            = aws_s3_bucket.lake.bucket
    encryption_disabled = true
  }

  environment {
    compute_type = "BUILD_GENERAL1_SMALL"
    image        = "aws/codebuild/standard:7.0"
    type         = "LINUX_CONTAINER"
  }

  source {
    type = "CODEPIPELINE"
  }
}

resource "aws_ssm_parameter" "feature_flags" {
  name  = "/tidal/flags"
  type  = "String"
  value = "a,b"
}

resource "aws_secretsmanager_secret" "broker" {
  name = "broker"
}
