import { en } from 'zod/locales';
import * as z from 'zod/mini';

// Of every fault `zod/mini` says "Invalid input" alone, until it is given words.
z.config(en());
