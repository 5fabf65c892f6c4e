resource "aws_cloudfront_distribution" "site" {
  enabled             = true
  default_root_object = "index.html"

  origin {
    domain_name = aws_s3_bucket.site.bucket_regional_domain_name
    origin_id   = "site"
  }

  default_cache_behavior {
    allowed_methods        = ["GET", "HEAD"]
    cached_methods         = ["GET", "HEAD"]
    target_origin_id       = "site"
    viewer_protocol_policy = "allow-all"
  }

  dynamic "ordered_cache_behavior" {
    for_each = { "/img/*" = "redirect-to-https", "/old/*" = "allow-all" }

    content {
      path_pattern           = ordered_cache_behavior.key
      viewer_protocol_policy = ordered_cache_behavior.value
      allowed_methods        = ["GET", "HEAD"]
      cached_methods         = ["GET"]
      target_origin_id       = "site"
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    acm_certificate_arn      = "arn:aws:acm:us-east-1:111122223333:certificate/site"
    minimum_protocol_version = "TLSv1"
    ssl_support_method       = "sni-only"
  }
}

resource "aws_api_gateway_rest_api" "reports" {
  name = "reports"
}

resource "aws_api_gateway_resource" "report" {
  rest_api_id = aws_api_gateway_rest_api.reports.id
  parent_id   = aws_api_gateway_rest_api.reports.root_resource_id
  path_part   = "report"
}

resource "aws_api_gateway_method" "report" {
  rest_api_id   = aws_api_gateway_rest_api.reports.id
  resource_id   = aws_api_gateway_resource.report.id
  http_method   = "GET"
  authorization = "NONE"
}

resource "aws_api_gateway_stage" "live" {
  rest_api_id   = aws_api_gateway_rest_api.reports.id
  deployment_id = "live"
  stage_name    = "live"
}

resource "aws_api_gateway_method_settings" "all" {
  rest_api_id = aws_api_gateway_rest_api.reports.id
  stage_name  = aws_api_gateway_stage.live.stage_name
  method_path = "*/*"

  settings {
    caching_enabled      = true
    cache_data_encrypted = false
  }
}

resource "aws_api_gateway_domain_name" "reports" {
  domain_name     = "reports.tidal.example"
  security_policy = "TLS_1_0"
}

resource "aws_apigatewayv2_api" "events" {
  name          = "events"
  protocol_type = "HTTP"
}

resource "aws_apigatewayv2_stage" "events" {
  api_id = aws_apigatewayv2_api.events.id
  name   = "live"
}

# trivy:ignore:AVD-AWS-0053
resource "aws_lb" "site" { # trivy:ignore:AVD-AWS-0052
  name               = "site"
  load_balancer_type = "application"
  internal           = false
}

resource "aws_instance" "notebook" { #tfsec:ignore:aws-ec2-enforce-http-token-imds
  ami           = "ami-0fedcba9876543210"
  instance_type = "m6i.large"
}
