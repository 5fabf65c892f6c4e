resource "aws_ecr_repository" "app" {
  for_each = var.repositories

  name                 = "${var.name}/${each.key}"
  image_tag_mutability = each.key == "web" ? "IMMUTABLE" : "MUTABLE"

  image_scanning_configuration {
    scan_on_push = contains(["api", "web"], each.key)
  }
}

resource "aws_ecr_repository_policy" "shared" {
  repository = aws_ecr_repository.app["api"].name

  policy = jsonencode({
    Version = "2008-10-17"
    Statement = [{
      Sid       = "Pull"
      Effect    = "Allow"
      Principal = "*"
      Action    = ["ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"]
    }]
  })
}
