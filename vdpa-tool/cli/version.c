// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "host/host.h"
#include "cli/version.h"

void version_print(void)
{
	struct core_loaded loaded;

	host_loaded("", &loaded);
	switch (loaded.core) {
	case CORE_OURS:
		printf("vdpa " VDPA_VERSION ", core %s\n", loaded.version);
		break;
	case CORE_DISTRIBUTION:
	case CORE_BUILT_IN:
		puts("vdpa " VDPA_VERSION ", core: the distribution's");
		break;
	case CORE_NONE:
		puts("vdpa " VDPA_VERSION ", core: none is loaded");
		break;
	}
}
