name        = "harbour"
admin_cidrs = ["203.0.113.0/24", "0.0.0.0/0"]

buckets = {
  uploads = {
    versioned = false
  }
  reports = {
    encrypted = true
    days      = 365
  }
  assets = {
    acl = "public-read"
  }
}

database = {
  engine   = "postgres"
  replicas = 2
}
