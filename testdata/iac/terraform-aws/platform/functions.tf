resource "aws_lambda_function" "thumbnail" {
  function_name = "${local.prefix}-thumbnail"
  role          = aws_iam_role.deploy.arn
  runtime       = "python3.12"
  handler       = "main.handle"
  filename      = "${path.module}/build/thumbnail.zip"
  memory_size   = 256

  environment {
    variables = {
      BUCKET = module.storage["uploads"].id
      STAGE  = local.stage
    }
  }
}

resource "aws_lambda_function" "notify" {
  function_name = "${local.prefix}-notify"
  role          = aws_iam_role.deploy.arn
  runtime       = "nodejs20.x"
  handler       = "index.handler"
  filename      = "${path.module}/build/notify.zip"

  tracing_config {
    mode = "PassThrough"
  }
}

resource "aws_lambda_permission" "uploads" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.thumbnail.function_name
  principal     = "s3.amazonaws.com"
}

resource "aws_sns_topic" "events" {
  name = "${local.prefix}-events"
}

resource "aws_sns_topic" "alerts" {
  name              = "${local.prefix}-alerts"
  kms_master_key_id = "alias/aws/sns"
}

resource "aws_sqs_queue" "jobs" {
  name = "${local.prefix}-jobs"
}

resource "aws_sqs_queue" "dead" {
  name              = "${local.prefix}-dead"
  kms_master_key_id = "alias/aws/sqs"
}

data "aws_iam_policy_document" "jobs" {
  statement {
    effect    = "Allow"
    actions   = ["sqs:*"]
    resources = [aws_sqs_queue.jobs.arn]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
  }
}

resource "aws_sqs_queue_policy" "jobs" {
  queue_url = aws_sqs_queue.jobs.id
  policy    = data.aws_iam_policy_document.jobs.json
}

resource "aws_kinesis_stream" "clicks" {
  name            = "${local.prefix}-clicks"
  shard_count     = 1
  encryption_type = "NONE"
}

resource "aws_dynamodb_table" "sessions" {
  name         = "${local.prefix}-sessions"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"

  attribute {
    name = "id"
    type = "S"
  }
}

resource "aws_dax_cluster" "sessions" {
  cluster_name       = "${local.prefix}-sessions"
  iam_role_arn       = aws_iam_role.deploy.arn
  node_type          = "dax.t3.small"
  replication_factor = 1
}
