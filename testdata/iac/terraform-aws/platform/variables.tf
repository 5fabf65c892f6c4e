variable "region" {
  description = "Where everything runs."
  type        = string
  default     = "eu-central-1"
}

variable "name" {
  description = "Prefix of every name."
  type        = string
  default     = "harbour"
}

variable "cidr" {
  description = "Address range of the network."
  type        = string
  default     = "10.20.0.0/16"

  validation {
    condition     = can(cidrhost(var.cidr, 0))
    error_message = "The range must be in CIDR notation."
  }
}

variable "availability_zones" {
  type    = list(string)
  default = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
}

variable "buckets" {
  description = "Buckets by purpose."
  type = map(object({
    versioned = optional(bool, true)
    encrypted = optional(bool, false)
    acl       = optional(string, "private")
    days      = optional(number, 90)
  }))
  default = {
    uploads = { versioned = false }
    reports = { encrypted = true, days = 365 }
    assets  = { acl = "public-read" }
  }
}

variable "admin_cidrs" {
  description = "Who may reach the bastion and the cluster."
  type        = list(string)
  default     = ["0.0.0.0/0"]
}

variable "ingress" {
  description = "Ports that the load balancer opens."
  type = list(object({
    port        = number
    description = optional(string)
    cidrs       = list(string)
  }))
  default = [
    { port = 80, cidrs = ["0.0.0.0/0"] },
    { port = 443, description = "HTTPS from everywhere", cidrs = ["0.0.0.0/0", "::/0"] },
  ]
}

variable "enable_bastion" {
  type    = bool
  default = true
}

variable "database" {
  type = object({
    engine         = string
    instance_class = optional(string, "db.t4g.medium")
    replicas       = optional(number, 1)
    encrypted      = optional(bool)
    public         = optional(bool, false)
  })
  default = {
    engine   = "postgres"
    replicas = 2
  }
}

variable "master_password" {
  description = "Comes from the pipeline."
  type        = string
  sensitive   = true
}

variable "repositories" {
  type    = set(string)
  default = ["api", "web", "worker"]
}

variable "engineers" {
  type    = list(string)
  default = ["anna", "bela"]
}
