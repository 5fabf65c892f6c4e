resource "google_project" "sandbox" {
  name                = "sandbox"
  project_id          = "fjord-sandbox"
  org_id              = "1234567890"
  auto_create_network = true
}

resource "google_service_account" "ci" {
  account_id = "ci"
}

resource "google_project_iam_member" "ci" {
  for_each = toset(["roles/editor", "roles/iam.serviceAccountUser"])

  project = var.project
  role    = each.key
  member  = "serviceAccount:${google_service_account.ci.email}"
}

resource "google_project_iam_member" "default" {
  project = var.project
  role    = "roles/logging.logWriter"
  member  = "123456789012-compute@developer.gserviceaccount.com"
}

resource "google_project_iam_binding" "people" {
  project = var.project
  role    = "roles/viewer"
  members = ["user:eva@fjord.example"]
}

resource "google_folder_iam_member" "impersonate" {
  folder = "folders/1234567"
  role   = "roles/iam.serviceAccountTokenCreator"
  member = "group:ops@fjord.example"
}

resource "google_organization_iam_member" "impersonate" {
  org_id = "1234567890"
  role   = "roles/iam.serviceAccountUser"
  member = "group:ops@fjord.example"
}

resource "google_iam_workload_identity_pool" "ci" {
  workload_identity_pool_id = "ci"
}

resource "google_iam_workload_identity_pool_provider" "ci" {
  workload_identity_pool_id          = google_iam_workload_identity_pool.ci.workload_identity_pool_id
  workload_identity_pool_provider_id = "forge"

  oidc {
    issuer_uri = "https://token.actions.githubusercontent.com"
  }
}
