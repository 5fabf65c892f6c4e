output "vpc_id" {
  value = module.network.vpc_id
}

output "buckets" {
  value = { for k, b in module.storage : k => b.id }
}

output "database" {
  value     = module.database.endpoint
  sensitive = true
}
