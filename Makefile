# What the T-one wrapper has of these, without an image. `make help` says what each does.
WORKERS ?= 1
MODEL ?= whisper:base
VOX = node packages/vox/bin/vox.js

.PHONY: help install install-redis run run-prod clean

help:
	@echo "make install        packages, a build, and the model (MODEL=$(MODEL))"
	@echo "make install-redis  the same, and a redis-server from this system (needs apt-get and root)"
	@echo "make run            serve as the T-one wrapper does, on port 8000, with every request in the log"
	@echo "make run-prod       the same for good; WORKERS=n is taken and not needed"
	@echo "make clean          remove what was built"

install:
	npm ci
	npm run build
	$(VOX) pull $(MODEL)

install-redis: install
	apt-get update
	apt-get install -y redis-server

run:
	VOX_COMPAT=t-one VOX_STT_MODEL=$(MODEL) LOG_LEVEL=DEBUG $(VOX) serve

run-prod:
	VOX_COMPAT=t-one VOX_STT_MODEL=$(MODEL) WORKERS=$(WORKERS) $(VOX) serve

clean:
	npm run clean
