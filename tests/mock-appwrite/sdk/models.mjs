// Compares answers with the models that the SDK declares.

import { fieldsOf, modelsOf } from './sdk.mjs';

/** What an answer has less or more than its model says. */
export function deviations(profile, model, answer, place = model) {
  if (typeof answer !== 'object' || answer === null) return [`${place} is no object`];
  const fields = fieldsOf(profile, model);
  const names = fields.map((field) => field.name);
  // Preferences and the like may have any field.
  const missing = fields.filter((field) => !field.isOptional && !(field.name in answer)).map((field) => `${place} has no ${field.name}`);
  const surplus = Object.keys(answer).filter((name) => !names.includes(name)).map((name) => `${place} has ${name} as well`);
  const inner = fields
    .filter((field) => field.of !== undefined && Array.isArray(answer[field.name]))
    .flatMap((field) => answer[field.name].flatMap((one, at) => deviations(profile, field.of, one, `${place}.${field.name}[${at}]`)));
  return [...missing, ...surplus, ...inner];
}

/** The service, each of whose answers is compared; what deviates is added to `found`. */
export function watched(profile, service, name, found) {
  const models = modelsOf(profile, name);
  return new Proxy(service, {
    get(target, property) {
      const member = target[property];
      if (typeof member !== 'function') return member;
      return async (...rest) => {
        const answer = await member.apply(target, rest);
        const model = models.get(property);
        if (model !== undefined && model !== 'Preferences') {
          found.push(...deviations(profile, model, answer).map((what) => `${name}.${property}: ${what}`));
        }
        return answer;
      };
    },
  });
}
