// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "host/host.h"
#include "cli/version.h"

static const char *const cores[] = {
	[CORE_NONE] = "none",
	[CORE_OURS] = "ours",
	[CORE_DISTRIBUTION] = "distribution",
	[CORE_BUILT_IN] = "built_in",
};

static void print_json(struct output *out, const struct core_loaded *loaded)
{
	out_begin(out, "version");
	out_entry(out, "vdpa", strlen("vdpa"));
	out_text(out, "command", VDPA_VERSION);
	out_text(out, "core", cores[loaded->core]);
	if (loaded->core == CORE_OURS)
		out_text(out, "core_version", loaded->version);
	out_entry_end(out);
	out_end(out, true);
}

void version_print(struct output *out)
{
	struct core_loaded loaded;

	host_loaded("", &loaded);
	if (out->json)
		print_json(out, &loaded);
	else if (loaded.core == CORE_OURS)
		printf("vdpa " VDPA_VERSION ", core %s\n", loaded.version);
	else if (loaded.core == CORE_NONE)
		puts("vdpa " VDPA_VERSION ", core: none is loaded");
	else
		puts("vdpa " VDPA_VERSION ", core: the distribution's");
}
