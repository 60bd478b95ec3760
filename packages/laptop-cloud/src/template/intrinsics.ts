/** A resource's attributes for `!GetAtt`; `Ref` is one of them, for `!Ref`. */
export type Attributes = Record<string, string>;

interface References {
  /** `AWS::Region` and the like. */
  pseudo: Record<string, string>;
  /** Attributes of the resource with this logical id; undefined if there is none. */
  attributesOf(logicalId: string, place: string): Promise<Attributes | undefined>;
}

export type Resolve = (value: unknown, place: string) => Promise<unknown>;

/** Resolves CloudFormation's intrinsic functions in plain data. Throws an error that names the place of an unsupported one. */
export function createResolver(references: References): Resolve {
  const resolve: Resolve = async (value, place) => {
    if (typeof value === 'string') return refuseStray(value, place);
    if (Array.isArray(value)) return resolveList(value, place);
    if (value === null || typeof value !== 'object') return value;
    const [[name, argument] = ['', undefined], second] = Object.entries(value);
    if (!second && (name === 'Ref' || name.startsWith('Fn::'))) return call(name, argument, place);
    return resolveMap(value, place);
  };

  async function resolveList(list: unknown[], place: string): Promise<unknown[]> {
    const resolved: unknown[] = [];
    for (const [index, item] of list.entries()) {
      resolved.push(await resolve(item, `${place}[${index}]`));
    }
    return resolved;
  }

  async function resolveMap(map: object, place: string): Promise<Record<string, unknown>> {
    const resolved: Record<string, unknown> = {};
    for (const [key, item] of Object.entries(map)) {
      resolved[key] = await resolve(item, `${place}.${key}`);
    }
    return resolved;
  }

  async function call(name: string, argument: unknown, place: string): Promise<unknown> {
    if (name === 'Ref') return attribute(text(argument, place), 'Ref', place);
    if (name === 'Fn::GetAtt' && Array.isArray(argument)) {
      return attribute(text(argument[0], place), text(argument[1], place), place);
    }
    if (name === 'Fn::Join' && Array.isArray(argument)) {
      const parts = await resolveList(Array.isArray(argument[1]) ? argument[1] : [], place);
      return parts.map((part) => text(part, place)).join(text(argument[0], place));
    }
    if (name === 'Fn::Sub') return substitute(argument, place);
    throw new Error(`${place}: there is no support for ${name}`);
  }

  async function attribute(id: string, name: string, place: string): Promise<string> {
    const pseudo = name === 'Ref' ? references.pseudo[id] : undefined;
    const found = pseudo ?? (await references.attributesOf(id, place))?.[name];
    if (found === undefined) throw new Error(`${place}: ${id} has no ${name} here`);
    return found;
  }

  async function substitute(argument: unknown, place: string): Promise<string> {
    const [template, own] = Array.isArray(argument) ? argument : [argument, {}];
    const names = (await resolve(own, place)) ?? {};
    let result = '';
    for (const part of text(template, place).split(/(\$\{[^}]*\})/)) {
      const name = /^\$\{([^!].*)\}$/.exec(part)?.[1]?.trim();
      // `${!Literal}` stands for a plain `${Literal}` in !Sub.
      result += name ? await nameValue(name, names, place) : part.replace(/^\$\{!/, '${');
    }
    return result;
  }

  async function nameValue(name: string, own: object, place: string): Promise<string> {
    const mine = new Map(Object.entries(own)).get(name);
    if (mine !== undefined) return text(mine, place);
    const dot = name.indexOf('.');
    if (dot < 0) return attribute(name, 'Ref', place);
    return attribute(name.slice(0, dot), name.slice(dot + 1), place);
  }

  return resolve;
}

/** `${Queue}` without !Sub would reach the function literally. */
function refuseStray(value: string, place: string): string {
  if (/\$\{(AWS::\w+|[A-Za-z0-9]+(\.\w+)?)\}/.test(value)) {
    throw new Error(`${place}: "${value}" needs !Sub`);
  }
  return value;
}

function text(value: unknown, place: string): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw new Error(`${place}: expected a text, found ${JSON.stringify(value)}`);
}
