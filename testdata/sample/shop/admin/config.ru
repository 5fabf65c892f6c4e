# frozen_string_literal: true

require "sinatra/base"
require "redcarpet"

# The shop's back office: renders product descriptions.
class Admin < Sinatra::Base
  get "/preview" do
    Redcarpet::Markdown.new(Redcarpet::Render::HTML).render(params["text"].to_s)
  end
end

run Admin
