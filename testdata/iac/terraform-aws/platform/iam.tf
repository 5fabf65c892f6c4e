resource "aws_iam_account_password_policy" "this" {
  minimum_password_length      = 8
  require_lowercase_characters = false
  require_numbers              = false
  require_symbols              = false
  require_uppercase_characters = false
  password_reuse_prevention    = 1
  max_password_age             = 365
}

resource "aws_iam_user" "engineer" {
  for_each = toset(var.engineers)

  name = each.value
  path = "/engineers/"
}

resource "aws_iam_group" "engineers" {
  name = "${local.prefix}-engineers"
}

resource "aws_iam_group_membership" "engineers" {
  name  = "engineers"
  group = aws_iam_group.engineers.name
  users = [for u in aws_iam_user.engineer : u.name]
}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com", "lambda.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "read" {
  statement {
    sid       = "Read"
    actions   = ["s3:GetObject", "s3:ListBucket"]
    resources = [aws_s3_bucket.logs.arn, "${aws_s3_bucket.logs.arn}/*"]
  }
}

data "aws_iam_policy_document" "deploy" {
  source_policy_documents = [data.aws_iam_policy_document.read.json]

  statement {
    sid       = "Everything"
    effect    = "Allow"
    actions   = ["s3:*", "ecr:*"]
    resources = ["*"]
  }

  dynamic "statement" {
    for_each = local.production ? [] : ["iam:PassRole"]

    content {
      actions   = [statement.value]
      resources = ["*"]
    }
  }
}

resource "aws_iam_role" "deploy" {
  name               = "${local.prefix}-deploy"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy" "deploy" {
  name   = "deploy"
  role   = aws_iam_role.deploy.id
  policy = data.aws_iam_policy_document.deploy.json
}

resource "aws_iam_policy" "logs" {
  name = "${local.prefix}-logs"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["logs:*"]
        Resource = "*"
      },
      {
        Effect   = "Allow"
        Action   = "iam:PassRole"
        Resource = "*"
      },
    ]
  })
}

resource "aws_iam_user_policy" "engineer" {
  for_each = toset(var.engineers)

  name = "read"
  user = aws_iam_user.engineer[each.value].name

  policy = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "${aws_s3_bucket.logs.arn}/*"}
      ]
    }
  EOT
}

resource "aws_iam_user_policy_attachment" "admin" {
  user       = aws_iam_user.engineer[var.engineers[0]].name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}
