#!/usr/bin/env bash
# What is no Rust and no page: Prometheus' rules with their tests, the metrics they name, compose, the settings' example.
source "$(dirname "$0")/env.sh"

say "Prometheus' configuration and rules"
promtool check config monitoring/prometheus.yml
promtool test rules monitoring/alerts.test.yml
say "names of metrics, settings and files in the configuration"
/usr/bin/python3 scripts/check_config.py
