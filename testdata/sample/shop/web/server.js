"use strict";

const express = require("express");
const ip = require("ip");
const _ = require("lodash");
const args = require("minimist")(process.argv.slice(2));

const app = express();

app.get("/", (req, res) => {
  res.send(_.template("<h1>Welcome to <%- shop %></h1>")({ shop: "the sample shop" }));
});

app.listen(args.port || 3000, () => console.log(`listening on ${ip.address()}`));
