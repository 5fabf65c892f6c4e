variable "name" { type = string }
variable "cidr" { type = string }
variable "public" { type = map(string) }
variable "private" { type = map(string) }

variable "flow_logs" {
  type    = bool
  default = true
}

variable "ingress" {
  type    = any
  default = []
}
