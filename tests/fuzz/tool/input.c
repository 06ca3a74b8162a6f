// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "input.h"

/* What the command lines can name as a file. */
static const char description[] =
	"{\"dev\":{\"n0\":{\"class\":\"net\",\"attributes\":["
	"{\"name\":\"device_api\",\"type\":\"string\",\"rule\":\"equal\",\"value\":\"virtio-net\"},"
	"{\"name\":\"device_features\",\"type\":\"bitmask\",\"rule\":\"superset\",\"value\":\"0x28\",\"provision\":true},"
	"{\"name\":\"mac\",\"type\":\"string\",\"rule\":\"equal\",\"value\":\"02:00:00:00:00:01\",\"provision\":true},"
	"{\"name\":\"vq_size\",\"type\":\"range\",\"rule\":\"contains\",\"value\":{\"first\":1,\"last\":256}},"
	"{\"name\":\"capabilities\",\"type\":\"set\",\"rule\":\"superset\",\"value\":[\"suspend\"]},"
	"{\"name\":\"software_version\",\"type\":\"version\",\"rule\":\"version\",\"value\":\"2.0.1\"}]}}}\n";

static const char saved[] =
	"{\"vdpa_state\":{\"version\":1,\"device\":\"n0\",\"class\":\"net\",\"attributes\":["
	"{\"name\":\"device_api\",\"type\":\"string\",\"rule\":\"equal\",\"value\":\"virtio-net\"}],"
	"\"features\":\"0x28\",\"status\":[\"acknowledge\",\"driver\"],\"virtqueues\":["
	"{\"index\":0,\"type\":\"rx\",\"ready\":true,\"size\":256,\"avail_index\":7}],\"private\":\"AAECAw==\"}}\n";

void input_begin(struct input *input, const uint8_t *bytes, size_t len)
{
	char *end;

	input->line = malloc(len + 1);
	if (len)
		memcpy(input->line, bytes, len);
	input->line[len] = '\0';
	end = memchr(input->line, '\n', len);
	if (end)
		*end++ = '\0';
	input->rest = end ? end : input->line + len;
	input->len = len - (input->rest - input->line);
}

void input_end(struct input *input)
{
	free(input->line);
}

void input_run(const struct input *input, struct world *world)
{
	char *words[WORLD_ARGUMENTS];
	int count = world_words(input->line, ' ', words), first = 0;

	world->hostile_family = count && strcmp(words[0], "family") == 0;
	if (world->hostile_family)
		first++;
	world->files[0] = (struct world_file){ "state", saved, sizeof(saved) - 1 };
	world->files[1] = (struct world_file){ NULL, description, sizeof(description) - 1 };
	world_run(world, count - first, words + first);
}

static char *next_line(char **next)
{
	char *line = *next, *end = strchr(line, '\n');

	if (end)
		*end++ = '\0';
	*next = end;
	return line;
}

bool items_reply(struct items *items, struct reply *reply, const struct nlmsghdr *request, int *error)
{
	bool any = false;

	*error = 0;
	reply_begin(reply, request);
	while (items->next) {
		char *line = next_line(&items->next);

		any = true;
		if (strcmp(line, "recv") == 0)
			break;
		if (strncmp(line, "fail:", 5) == 0) {
			*error = atoi(line + 5);
			break;
		}
		reply_add(reply, line);
	}
	return any;
}

void items_sysfs(char *rest, struct world *world)
{
	int entries = 0;

	for (char *next = rest; next;) {
		char *line = next_line(&next);

		if (strncmp(line, "driver:", 7) == 0)
			world->driver = line + 7;
		else if (strncmp(line, "entry:", 6) == 0 && entries < WORLD_ENTRIES)
			world->entries[entries++] = line + 6;
	}
}
