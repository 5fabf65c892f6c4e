package secret

type cache struct{}

func (c *cache) has(string) bool                    { return false }
func newCache(dir string, e engine, p *plan) *cache { return nil }
