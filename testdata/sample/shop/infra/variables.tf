variable "region" {
  type    = string
  default = "eu-central-1"
}

variable "office_cidr" {
  description = "Where the shop's staff work from."
  type        = string
}

variable "db_password" {
  type      = string
  sensitive = true
}
