resource "aws_s3_bucket" "logs" {
  bucket = "logs"
  #checkov:skip=CKV_AWS_18:access is logged elsewhere
}

resource "aws_security_group" "open" {
  name = "open"
  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}
