package check

import (
	"slices"
	"strings"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"

	"github.com/scangate/scangate/text"
)

// The functions that a team's checks may call are those below: whatever OPA
// adds is not available until somebody has looked at it. A function is here
// when what it answers depends on its arguments alone and its guard bounds the
// time and memory of a call, which nothing can interrupt.
var available = sync.OnceValue(func() map[string]guard {
	out := map[string]guard{}
	for _, g := range []struct {
		guard guard
		names string
	}{
		// What the evaluator does itself: no call, and nothing to guard.
		{nil, "eq assign internal.print print walk"},
		{free, "result.new isManaged is_number is_string is_boolean is_array is_set is_object is_null type_name " +
			"count object.get object.keys array.slice array.reverse any all " +
			"startswith endswith contains lower upper substring trim_prefix trim_suffix trim_space strings.reverse " +
			"time.now_ns time.parse_ns time.parse_rfc3339_ns time.parse_duration_ns time.format time.date time.clock time.weekday time.add_date time.diff " +
			"crypto.md5 crypto.sha1 crypto.sha256 crypto.hmac.md5 crypto.hmac.sha1 crypto.hmac.sha256 crypto.hmac.sha512 crypto.hmac.equal " +
			"base64.encode base64.decode base64.is_valid base64url.encode base64url.encode_no_pad base64url.decode " +
			"urlquery.encode urlquery.decode urlquery.encode_object urlquery.decode_object hex.encode hex.decode " +
			"net.cidr_overlap net.cidr_intersects net.cidr_contains net.cidr_is_valid cidr.count_addresses cidr.is_public " +
			"glob.quote_meta uuid.parse semver.is_valid semver.compare strings.any_prefix_match strings.any_suffix_match strings.count"},
		{numbers, "plus minus mul div rem abs ceil floor round sum product max min " +
			"bits.or bits.and bits.negate bits.xor bits.lsh bits.rsh to_number format_int units.parse units.parse_bytes numbers.range numbers.range_step"},
		{whole, "equal neq lt lte gt gte internal.member_2 internal.member_3 and or set_diff intersection union sort array.concat " +
			"object.union object.union_n object.remove object.filter object.subset json.filter json.remove " +
			"json.marshal yaml.marshal cast_array cast_set cast_string cast_boolean cast_null cast_object"},
		{patching, "json.patch"},
		{marshalWithOptions, "json.marshal_with_options"},
		{parsing, "json.unmarshal json.is_valid yaml.unmarshal yaml.is_valid crypto.x509.parse_certificates io.jwt.decode"},
		{splitting, "split"},
		{shell, "sh.parse_commands squealer.scan_string"},
		{product, "indexof indexof_n trim trim_left trim_right net.cidr_contains_matches net.cidr_merge"},
		{joining, "concat replace strings.replace_n"},
		{formatting, "sprintf"},
		{matching, "regex.match regex.is_valid regex.split regex.find_n regex.find_all_string_submatch_n regex.replace regex.template_match re_match"},
		{globbing, "glob.match"},
		{expanding, "net.cidr_expand"},
		{reaching, "graph.reachable graph.reachable_paths"},
	} {
		for _, name := range strings.Fields(g.names) {
			out[name] = g.guard
		}
	}
	return out
})

// reasons say why a function is not available, by the start of its name.
var reasons = []struct{ prefix, why string }{
	{"http.send", "checks run without network"},
	{"net.lookup_ip_addr", "checks run without network"},
	{"opa.runtime", "checks do not see the environment"},
	{"rego.", "checks do not see Rego itself"},
	{"trace", "checks print nothing"},
	{"rand.", "a check gives the same answer every time"},
	{"uuid.rfc4122", "a check gives the same answer every time"},
	{"json.match_schema", "schemas can name files and hosts"},
	{"json.verify_schema", "schemas can name files and hosts"},
	{"crypto.x509.parse_and_verify", "checks do not see the certificates of the machine"},
	{"parse_config", "checks read no files"},
	{"parse_combined_config", "checks read no files"},
}

// unavailable says that a function is not there, and why.
func unavailable(name string) string {
	for _, r := range reasons {
		if strings.HasPrefix(name, r.prefix) {
			return name + " is not available: " + r.why
		}
	}
	if _, ok := ast.BuiltinMap[name]; ok {
		return name + " is not available: nothing bounds the time or memory that it takes"
	}
	message := "unknown function " + name
	var names []string
	for known := range available() {
		names = append(names, known)
	}
	slices.Sort(names)
	return message + text.Suggest(name, names)
}

// sandboxed are the capabilities of a team's checks, for the compiler.
func sandboxed() *ast.Capabilities {
	c := ast.CapabilitiesForThisVersion()
	names := available()
	c.Builtins = slices.DeleteFunc(c.Builtins, func(b *ast.Builtin) bool {
		_, ok := names[b.Name]
		return !ok
	})
	c.AllowNet = []string{} // none
	return c
}

// guardedPrefix is what the guarded functions are called in a compiled module.
// It cannot be written in one. The evaluator looks the functions of OPA up by
// their names before it looks at those that it is given, so that they can only
// be replaced under other names.
const guardedPrefix = "guarded:"

// guarded are the functions of a team's checks behind their guards, for the
// evaluation.
var guarded = sync.OnceValue(func() map[string]*topdown.Builtin {
	own := implemented()
	out := implemented()
	out[sized] = sizedFunction()
	for name, check := range available() {
		if check == nil {
			continue
		}
		decl, fn := ast.BuiltinMap[name], topdown.GetBuiltin(name)
		if b := own[name]; b != nil {
			decl, fn = b.Decl, b.Func
		}
		if replaced := replacements[name]; replaced != nil {
			fn = replaced
		}
		if decl == nil || fn == nil {
			continue
		}
		copied := *decl
		copied.Name = guardedPrefix + name
		copied.CanSkipBctx = false
		out[copied.Name] = &topdown.Builtin{Decl: &copied, Func: behind(name, check, fn)}
	}
	return out
})

// behind puts a function behind its guard. What it answers is charged to the
// evaluation.
func behind(name string, check guard, fn topdown.BuiltinFunc) topdown.BuiltinFunc {
	return func(bctx topdown.BuiltinContext, args []*ast.Term, iter func(*ast.Term) error) error {
		l, _ := bctx.Cancel.(*limit)
		if l == nil {
			return topdown.Halt{Err: errNoLimit}
		}
		if err := check(name, args); err != nil {
			return topdown.Halt{Err: &tooMuch{name, err, bctx.Location}}
		}
		return fn(bctx, args, func(t *ast.Term) error {
			if err := l.charge(t); err != nil {
				return topdown.Halt{Err: err}
			}
			return iter(t)
		})
	}
}
