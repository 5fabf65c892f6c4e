resource "aws_s3_bucket" "logs" {
  bucket = "logs"
}

#trivy:ignore:AWS-0131
resource "aws_ebs_volume" "disk" {
  availability_zone = "eu-west-1a"
  size              = 1
  encrypted         = false
}
