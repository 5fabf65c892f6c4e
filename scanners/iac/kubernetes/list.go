package kubernetes

import "strings"

// maxLists bounds lists inside one another.
const maxLists = 3

// objects are the objects of a document: the items of a list, as kubectl takes
// them, or the document itself. nil is a comment, values, something else.
func objects(document map[string]any) []map[string]any {
	if document == nil {
		return nil
	}
	return flatten(document, maxLists)
}

func flatten(object map[string]any, depth int) []map[string]any {
	kind, _ := object["kind"].(string)
	items, isList := object["items"].([]any)
	of, ok := strings.CutSuffix(kind, "List")
	if !ok || !isList || depth == 0 {
		return []map[string]any{object}
	}
	var out []map[string]any
	for _, i := range items {
		item, ok := i.(map[string]any)
		if !ok {
			continue
		}
		// The items of a list of one kind need not repeat it.
		if item["kind"] == nil && of != "" {
			item["kind"] = of
		}
		if item["apiVersion"] == nil && of != "" {
			item["apiVersion"] = object["apiVersion"]
		}
		if item["kind"] == nil || item["apiVersion"] == nil {
			continue
		}
		if meta, ok := item[metadataKey].(map[string]any); ok {
			meta["offset"] = offset(object)
		}
		out = append(out, flatten(item, depth-1)...)
	}
	return out
}

// maxContainers bounds the containers of an object: some checks compare each
// with every other.
const maxContainers = 300

// tooManyContainers reports whether an object has a list of more.
func tooManyContainers(v any, depth int) bool {
	object, ok := v.(map[string]any)
	if !ok || depth > 8 { // spec.jobTemplate.spec.template.spec.containers
		return false
	}
	for key, value := range object {
		if list, ok := value.([]any); ok && strings.HasSuffix(strings.ToLower(key), "containers") && len(list) > maxContainers {
			return true
		}
		if tooManyContainers(value, depth+1) {
			return true
		}
	}
	return false
}

// metadataKey is where the engine's parser says which lines an object is on.
const metadataKey = "__defsec_metadata"

// offset is how many lines of the file are before the document of an object.
func offset(object map[string]any) int {
	meta, _ := object[metadataKey].(map[string]any)
	n, _ := meta["offset"].(int)
	return n
}
