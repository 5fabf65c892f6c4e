package csp

// fallback is where a directive of fetching is looked for when a policy does
// not have it: section 6.8.3.
func fallback(name string) []string {
	switch name {
	case "script-src-elem", "script-src-attr":
		return []string{name, "script-src", "default-src"}
	case "style-src-elem", "style-src-attr":
		return []string{name, "style-src", "default-src"}
	case "worker-src":
		return []string{name, "child-src", "script-src", "default-src"}
	case "frame-src", "fenced-frame-src":
		return []string{name, "child-src", "default-src"}
	case "child-src", "connect-src", "font-src", "img-src", "manifest-src", "media-src", "object-src", "prefetch-src", "script-src", "style-src":
		return []string{name, "default-src"}
	}
	return []string{name}
}

// Effective returns the directive that governs what name is about, and
// whether there is one.
func (p *Policy) Effective(name string) (*Directive, bool) {
	for _, n := range fallback(name) {
		if d, ok := p.Get(n); ok {
			return d, true
		}
	}
	return nil, false
}

// Has reports whether the directive has a keyword, which is written with its
// quotes and in lower case.
func (d *Directive) Has(keyword string) bool {
	for _, s := range d.Sources {
		if s.Kind == Keyword && s.Text == keyword {
			return true
		}
	}
	return false
}

func (d *Directive) hasKind(kinds ...Kind) bool {
	for _, s := range d.Sources {
		for _, k := range kinds {
			if s.Kind == k {
				return true
			}
		}
	}
	return false
}

// AllowsInline reports whether any code, or style, that stands in the page
// itself is let through: name is script-src-elem, script-src-attr,
// style-src-elem or style-src-attr. A nonce or a hash makes browsers pass over
// 'unsafe-inline', and so does 'strict-dynamic' for scripts: section 6.7.3.2.
func (p *Policy) AllowsInline(name string) bool {
	d, ok := p.Effective(name)
	if !ok {
		return true
	}
	if d.hasKind(Nonce, Hash) || isScript(name) && d.Has("'strict-dynamic'") {
		return false
	}
	return d.Has("'unsafe-inline'")
}

func isScript(name string) bool {
	return name == "script-src" || name == "script-src-elem" || name == "script-src-attr"
}

// AllowsEval reports whether text may be compiled to code.
func (p *Policy) AllowsEval() bool {
	d, ok := p.Effective("script-src")
	return !ok || d.Has("'unsafe-eval'")
}

// UnsafeHashes reports whether hashes hold for event handlers, or style
// attributes, too: name is script-src or style-src.
func (p *Policy) UnsafeHashes(name string) bool {
	for _, n := range []string{name, name + "-elem", name + "-attr"} {
		if d, ok := p.Effective(n); ok && d.Has("'unsafe-hashes'") {
			return true
		}
	}
	return false
}

// AllowsAnyHost reports whether what name is about may come from, or go to,
// every host: there is no directive for it, or one that says so.
func (p *Policy) AllowsAnyHost(name string) bool {
	from := name
	switch name { // external scripts and styles are elements
	case "script-src", "style-src":
		from += "-elem"
	}
	d, ok := p.Effective(from)
	if !ok {
		return true
	}
	if (isScript(from) || name == "worker-src" && isScript(d.Name)) && d.Has("'strict-dynamic'") {
		return false // lists of hosts are passed over
	}
	for _, s := range d.Sources {
		if s.AnyHost() {
			return true
		}
	}
	return false
}

// All reports whether the policies all allow something, so that it is allowed.
func (l List) All(allows func(*Policy) bool) bool {
	for i := range l {
		if !allows(&l[i]) {
			return false
		}
	}
	return len(l) > 0
}

// Has reports whether one of the policies has a directive.
func (l List) Has(name string) bool {
	for i := range l {
		if l[i].Has(name) {
			return true
		}
	}
	return false
}
