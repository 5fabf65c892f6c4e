resource "aws_sns_topic" "good" {
  name = "good"
}
