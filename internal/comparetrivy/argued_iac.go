package main

// infrastructure are the arguments about settings, on the sample and on the
// repositories below testdata/iac.
func infrastructure(add func(why string, lines ...string), ours, theirs string) {
	add("Trivy does not look into nested deployments and symbolic names of ARM",
		`/azure-arm/bicep`+ours+`(main\.json:(78|88|89)|symbolic\.json:13) `,
		`/azure-arm/landing`+ours+`azuredeploy\.json:(40|146|153) `)
	add("Trivy loses the place of a setting in ARM templates",
		`/azure-arm/landing`+theirs+`(:0|data\.json:(22|75)|security\.json:15) AZU-`,
		`/azure-arm/landing`+ours+`(data\.json:(26|85)|security\.json:(11|19|25)) AZU-`,
		`/broken/azure-arm`+theirs+`(:0 AZU-0011|good\.json:5 AZU-0008) `,
		`/broken/azure-arm`+ours+`(bad\.json:8 AZU-0011|good\.json:10 AZU-0008) `)
	add("Trivy drops a template of CloudFormation with one part that cannot be resolved", `/broken/cloudformation`+ours+`bad\.json:4 `)
	add("Trivy loses places in CloudFormation written in JSON, and cannot read its policies",
		`/cloudformation/shop`+theirs+`platform\.json:0 AWS-0030 `, `/cloudformation/shop`+ours+`platform\.json:4[12] AWS-003[02] `)
	add("Trivy does not read files of this name", `/cloudformation/shop`+ours+`edge\.template:`)
	add("a value that depends on itself: the root module is a gap", `/broken/terraform-expression`+theirs)
	add("Terraform reads terraform.tfvars and *.auto.tfvars by itself", `/terraform-aws/stages`+ours+`main\.tf:21 AWS-0180 `)
	add("Trivy does not read a directory that has OpenTofu's files alone", `/opentofu/registry`+ours)
	add("Trivy drops a chart with one template that cannot be parsed", `/broken/helm`+ours)
	add("Trivy drops a file with one document that cannot be parsed", `/broken/kubernetes`+ours+`second\.yaml:`)
	add("Trivy does not look into lists of objects", `/kubernetes/shop`+ours+`(exported|list)\.yaml:`)
	add("Trivy runs a check for one kind of object on all kinds where there is one of it", `/kubernetes/shop`+theirs+`\S+ KSV-00(39|40) `)
	add("Trivy reports deprecated APIs only for a version of the cluster that it is told", `/kubernetes/shop`+ours+`policies\.yaml:25 KSV-0107 `)
	add("a kustomization is judged as it is deployed, not piece by piece", `/kustomize/portal: only (Trivy|scangate): `)
}
