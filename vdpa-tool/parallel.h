/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDPA_TOOL_PARALLEL_H
#define VDPA_TOOL_PARALLEL_H

#include <stddef.h>

/*
 * Calls @run once for each of @count items of @size bytes that lie at @items one after the other, all
 * at the same time, and returns when all are done. What cannot have a thread of its own is done here.
 */
void parallel(void *items, size_t count, size_t size, void (*run)(void *item));

#endif
