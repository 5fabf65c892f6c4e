package language

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRoot is on what the package managers themselves wrote; see
// testdata/README.md.
func TestRoot(t *testing.T) {
	want := strings.Split(strings.TrimSpace(`
composer-vendor app/vendor/composer/installed.json shop/greeting 1.2.0 (MIT, GPL-3.0-or-later)
composer-vendor app/vendor/composer/installed.json shop/text 3.0.0 (MIT)
conda-pkg opt/conda/envs/shop/conda-meta/shop-tools-1.2.0-py311h0_0.json shop-tools 1.2.0 (BSD-3-Clause)
dotnet-core opt/dotnet/Shop.deps.json Shop.Native 5.0.2
dotnet-core opt/dotnet/Shop.deps.json Shop.Text 2.1.0
gemspec var/lib/gems/3.1.0/specifications/shop-gem-1.4.2.gemspec shop-gem 1.4.2 (MIT, Apache-2.0)
jar opt/java/Shop.WAR org.example.shop:shop-web 2.0.0
jar opt/java/Shop.WAR/WEB-INF/lib/shop-lib-1.2.3.jar org.example.shop:shop-lib 1.2.3
jar opt/java/renamed.jar org.example.shop:shop-manifest 4.5.6
jar opt/java/shop-all-2.0.0.jar org.example.shop:shop-all 2.0.0
jar opt/java/shop-all-2.0.0.jar org.example.shop:shop-lib 1.2.3
jar opt/java/shop-bundle-7.0.1.jar org.example.osgi:shop-bundle 7.0.1
jar opt/java/shop-lib-1.2.3.jar org.example.shop:shop-lib 1.2.3
jar opt/java/shop.ear/lib/shop-boot-3.0.0.jar/BOOT-INF/lib/renamed.jar org.example.shop:shop-manifest 4.5.6
jar opt/java/shop.ear/lib/shop-boot-3.0.0.jar/BOOT-INF/lib/shop-lib-1.2.3.jar org.example.shop:shop-lib 1.2.3
jar opt/java/shop.ear/shop-web-2.0.0.war org.example.shop:shop-web 2.0.0
jar opt/java/shop.ear/shop-web-2.0.0.war/WEB-INF/lib/shop-lib-1.2.3.jar org.example.shop:shop-lib 1.2.3
node-pkg app/node_modules/@tootallnate/once/package.json @tootallnate/once 2.0.0 (MIT)
node-pkg app/node_modules/isarray/package.json isarray 2.0.5 (MIT)
node-pkg app/package.json shop 1.0.0
nuget opt/dotnet/packages.config Shop.Old 1.9.1
nuget opt/dotnet/packages.lock.json Shop.Text 2.1.0
nuget opt/dotnet/packages.lock.json Shop.Words 1.0.0
packages-props opt/dotnet/Directory.Packages.props Shop.Central 6.0.1
python-pkg usr/lib/python3.11/site-packages/idna-3.7.dist-info/METADATA idna 3.7 (BSD License)
python-pkg usr/lib/python3.11/site-packages/shop_distutils-0.2.0-py3.11.egg-info shop-distutils 0.2.0 (Apache-2.0)
python-pkg usr/lib/python3.11/site-packages/shop_egg-0.3.1-py3.11.egg shop-egg 0.3.1 (MIT License)
python-pkg usr/lib/python3.11/site-packages/shop_egg.egg-info/PKG-INFO shop-egg 0.3.1 (MIT License)
python-pkg usr/lib/python3.11/site-packages/six-1.16.0.dist-info/METADATA six 1.16.0 (MIT License)`), "\n")
	got := readTree(t, filepath.Join("testdata", "root"), Options{})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestPrograms(t *testing.T) {
	dir := t.TempDir()
	for name, data := range map[string][]byte{
		"go-shop":   goProgram(t, goMain),
		"rust-shop": rustProgram(t),
		"script":    []byte("#!/bin/sh\necho a script is executable too\n"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{
		"gobinary go-shop ./greeting ",
		"gobinary go-shop example.org/shop 4.5.6",
		"gobinary go-shop stdlib " + strings.Replace(runtime.Version(), "go", "v", 1),
		"rustbinary rust-shop itoa 1.0.11",
		"rustbinary rust-shop shop-rust 0.7.0",
	}
	if diff := cmp.Diff(want, readTree(t, dir, Options{})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestRelations checks what the lists above do not show.
func TestRelations(t *testing.T) {
	res, err := readOne(t, Options{}, "executable", "usr/bin/shop", rustProgram(t))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range res.Packages {
		got = append(got, strings.Join([]string{p.ID, p.Relationship.String(), strings.Join(p.DependsOn, " ")}, ", "))
	}
	if diff := cmp.Diff([]string{"itoa@1.0.11, unknown, ", "shop-rust@0.7.0, root, itoa@1.0.11"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
