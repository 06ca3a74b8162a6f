/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDPA_TOOL_VERSION_H
#define VDPA_TOOL_VERSION_H

#ifndef VDPA_VERSION
#define VDPA_VERSION "0.1.0"
#endif

#endif
