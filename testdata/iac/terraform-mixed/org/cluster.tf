resource "kubernetes_namespace_v1" "shop" {
  metadata {
    name = "shop"
  }
}

resource "kubernetes_network_policy_v1" "shop" {
  metadata {
    name      = "shop"
    namespace = kubernetes_namespace_v1.shop.metadata[0].name
  }

  spec {
    pod_selector {}

    ingress {
      from {
        ip_block {
          cidr = "0.0.0.0/0"
        }
      }
    }

    egress {
      to {
        ip_block {
          cidr = "0.0.0.0/0"
        }
      }
    }

    policy_types = ["Ingress", "Egress"]
  }
}

resource "kubernetes_deployment_v1" "shop" {
  metadata {
    name = "shop"
  }

  spec {
    replicas = 2

    selector {
      match_labels = { app = "shop" }
    }

    template {
      metadata {
        labels = { app = "shop" }
      }

      spec {
        container {
          name  = "shop"
          image = "nginx:latest"

          security_context {
            privileged = true
          }
        }
      }
    }
  }
}
