/** What goes into the model with classes. */
export const rows: readonly (readonly number[])[];
export const latents: readonly (readonly number[])[];
