# -*- encoding: utf-8 -*-
# stub: shop-gem 1.4.2 ruby lib

Gem::Specification.new do |s|
  s.name = "shop-gem".freeze
  s.version = "1.4.2"

  s.required_rubygems_version = Gem::Requirement.new(">= 0".freeze) if s.respond_to? :required_rubygems_version=
  s.require_paths = ["lib".freeze]
  s.authors = ["Shop".freeze]
  s.date = "2026-11-22"
  s.homepage = "https://shop.example".freeze
  s.licenses = ["MIT".freeze, "Apache-2.0".freeze]
  s.required_ruby_version = Gem::Requirement.new(">= 2.7".freeze)
  s.rubygems_version = "3.3.15".freeze
  s.summary = "a gem of the shop".freeze

  s.installed_by_version = "3.3.15" if s.respond_to? :installed_by_version
end
