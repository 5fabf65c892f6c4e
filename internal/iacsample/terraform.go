package iacsample

import (
	"fmt"
	"slices"
	"strings"
)

// Terraform70 writes a Terraform repository of 70 files to dir, which must be
// absent or empty: three stages of fifteen files that call eight local modules
// of three, and a file for another cloud.
func Terraform70(dir string) error { return terraform70().write(dir) }

func terraform70() tree {
	t := tree{}
	for _, m := range slices.Concat(basics, services) {
		t.add("modules/"+m.name+"/variables.tf", m.variables)
		t.add("modules/"+m.name+"/main.tf", m.main)
		t.add("modules/"+m.name+"/outputs.tf", m.outputs)
	}
	for i, stage := range []string{"staging", "live", "tools"} {
		for name, text := range stageFiles(stage, i) {
			t[stage+"/"+name] = text
		}
	}
	t.add("azure/main.tf", azureMain)
	return t
}

// stageFiles are the files of one stage, a root module. Stages differ in their
// inputs and in how many of everything they have. None calls more than 21
// modules: after 32 evaluations of modules, also of the same one again, Trivy
// v0.66 leaves the rest out, and there would be nothing to compare with.
func stageFiles(stage string, i int) tree {
	t := tree{}
	pairs := []string{"@stage", stage, "@cidr", fmt.Sprintf("10.%d.0.0/16", 10*(i+1)), "@public", fmt.Sprint(i != 1), "@count", fmt.Sprint(2 + i)}
	for name, text := range stageTemplates {
		t.add(name, text, pairs...)
	}
	t["services.tf"] = repeat(serviceCall, []string{"api", "web", "mail", "search", "billing"}, stage)
	t["storage.tf"] = repeat(bucketCall, []string{"uploads", "exports", "backups", "assets"}, stage)
	t["queues.tf"] = repeat(queueCall, []string{"orders", "invoices", "thumbnails"}, stage)
	t["functions.tf"] = repeat(functionCall, []string{"resize", "notify", "reindex"}, stage)
	return t
}

// repeat writes text once for each name; "@on" alternates between true and
// false, so that not every copy gives the same findings.
func repeat(text string, names []string, stage string) string {
	var b strings.Builder
	for i, name := range names {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(strings.NewReplacer("@name", name, "@stage", stage, "@on", fmt.Sprint(i%2 == 0), "@n", fmt.Sprint(i+1)).Replace(strings.TrimPrefix(text, "\n")))
	}
	return b.String()
}

const serviceCall = `
module "@name" {
  source = "../modules/service"

  name     = "@name-@stage"
  vpc_id   = module.network.vpc_id
  subnets  = module.network.private_subnets
  replicas = local.replicas + @n
  internal = @on

  ports = {
    http  = { port = 808@n, cidrs = var.office_cidrs }
    admin = { port = 900@n, cidrs = [module.network.cidr], description = "@name's pages for admins" }
  }

  environment = {
    BUCKET = module.uploads.id
    QUEUE  = module.orders.url
  }
}

resource "aws_ecr_repository" "@name" {
  name                 = "@stage/@name"
  image_tag_mutability = @on ? "IMMUTABLE" : "MUTABLE"

  image_scanning_configuration {
    scan_on_push = @on
  }
}
`

const bucketCall = `
module "@name" {
  source = "../modules/bucket"

  name      = "${local.prefix}-@name"
  versioned = @on
  encrypted = !@on
  public    = "@name" == "assets"
  log_to    = aws_s3_bucket.logs.id

  rules = [
    { prefix = "tmp/", days = @n },
    { prefix = "archive/", days = 365 },
  ]
}
`

const queueCall = `
module "@name" {
  source = "../modules/queue"

  name      = "${local.prefix}-@name"
  encrypted = @on
  senders   = [module.api.role_arn]
}

resource "aws_cloudwatch_metric_alarm" "@name" {
  alarm_name          = "${local.prefix}-@name-age"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateAgeOfOldestMessage"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 60 * @n
  evaluation_periods  = 2
  period              = 60
  statistic           = "Maximum"
  alarm_actions       = [module.alerts.arn]
}
`

const functionCall = `
module "@name" {
  source = "../modules/function"

  name    = "${local.prefix}-@name"
  handler = "@name.handle"
  memory  = 128 * @n
  tracing = @on
  actions = @on ? ["s3:GetObject"] : ["s3:*", "sqs:*"]
  bucket  = module.uploads.arn
}

resource "aws_lambda_permission" "@name" {
  action        = "lambda:InvokeFunction"
  function_name = module.@name.name
  principal     = "events.amazonaws.com"
}
`
