#!/usr/bin/env bash
# Checks what is neither Rust nor the web app: Prometheus rules and their tests, metric names, compose files, .env.example.
source "$(dirname "$0")/env.sh"

say "Prometheus' configuration and rules"
promtool check config monitoring/prometheus.yml
promtool test rules monitoring/alerts.test.yml
say "names of metrics, settings and files in the configuration"
/usr/bin/python3 scripts/check_config.py
