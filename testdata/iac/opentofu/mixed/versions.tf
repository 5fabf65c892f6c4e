terraform {
  required_version = ">= 1.8"
}

variable "public" {
  type    = bool
  default = true
}
