locals {
  repositories = {
    website = { visibility = "public" }
    billing = { visibility = "private", alerts = true }
    tools   = { visibility = null }
  }
}

resource "github_repository" "this" {
  for_each = local.repositories

  name                 = each.key
  visibility           = each.value.visibility
  vulnerability_alerts = try(each.value.alerts, false)
}

resource "github_branch_protection" "main" {
  for_each = github_repository.this

  repository_id          = each.value.name
  pattern                = "main"
  require_signed_commits = each.key == "billing"
}

variable "deploy_token" {
  type    = string
  default = "set-in-pipeline"
}

resource "github_actions_environment_secret" "deploy" {
  repository      = "website"
  environment     = "live"
  secret_name     = "DEPLOY"
  plaintext_value = var.deploy_token
}
